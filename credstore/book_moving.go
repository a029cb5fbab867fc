package credstore

import (
	"context"
	"encoding/json"
	"path/filepath"
)

// A move of all logins to another store is several steps in several places. The
// file codex-login/moving stands from before the first until after the last.

type movingFile struct {
	From Mode `json:"from"`
	To   Mode `json:"to"`
}

func (b *Book) movingFile() string { return filepath.Join(b.own(), "moving") }

// BeginMove notes down that all logins are on their way to another store.
func (b *Book) BeginMove(ctx context.Context, from, to Mode) error {
	text, err := json.Marshal(movingFile{from, to})
	if err != nil {
		return err
	}
	unlock, err := b.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	if b.memory != nil {
		b.memory.moving = text
		return nil
	}
	return b.replace(b.movingFile(), text)
}

// EndMove notes down that they have arrived.
func (b *Book) EndMove(ctx context.Context) error {
	unlock, err := b.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	if b.memory != nil {
		b.memory.moving = nil
		return nil
	}
	return ignoreNotFound(b.unlink(b.movingFile()))
}

// Moving reports a move that was begun and not ended: by another process that
// is at work, or by one that was killed.
func (b *Book) Moving() (from, to Mode, ok bool) {
	var text []byte
	if b.memory != nil {
		b.memory.writer.Lock()
		text = b.memory.moving
		b.memory.writer.Unlock()
	} else {
		text, _ = readLimited(b.movingFile())
	}
	var m movingFile
	if json.Unmarshal(text, &m) != nil {
		return "", "", false
	}
	_, fromOK := ParseMode(string(m.From))
	_, toOK := ParseMode(string(m.To))
	return m.From, m.To, fromOK && toOK
}
