package credstore

import (
	"context"
	"encoding/json"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
)

// A move of all logins to another store is several steps in several places. The
// file codex-login/moving stands from before the first until after the last.

type movingFile struct {
	From Mode `json:"from"`
	To   Mode `json:"to"`
}

func (b *Book) movingFile() string { return filepath.Join(b.own(), "moving") }

// movePatience is short: a move of many logins takes longer than anybody waits.
const movePatience = 200 * time.Millisecond

// LockMove makes moving the logins this process's until unlock is called. A
// move under way in another process is an *Error of ProblemBusy.
func (b *Book) LockMove(ctx context.Context) (unlock func(), err error) {
	if b.memory != nil {
		return func() {}, ctx.Err()
	}
	if err := b.home.ensure(); err != nil {
		return nil, err
	}
	if err := ownDir(b.home, ""); err != nil {
		return nil, fileError("lock", b.own(), err)
	}
	var l *flock.Flock
	if l, err = lock(ctx, b.movingFile()+".lock", 0o600, movePatience); err != nil {
		return nil, err
	}
	return func() { _ = l.Unlock() }, nil
}

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
