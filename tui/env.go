package tui

import (
	"context"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"codex-login/assets"
	"codex-login/assets/display"
	"codex-login/credstore"
	"codex-login/flows"
	"codex-login/tui/theme"
)

// env is what all screens share. It is made once and only read afterwards.
type env struct {
	login  *flows.Login
	words  *assets.Catalogue
	theme  *theme.Theme
	demo   *Demo
	motion bool
	now    func() time.Time
	getenv func(string) string
	home   string // the person's own folder, to be written ~
	work   *work
	paper  *terminal // what the terminal is written through

	interrupts *interrupts // nil in a wizard without signals
}

func (e *env) say(id string, pairs ...any) string { return e.words.Say(id, pairs...) }

// short writes a path below the person's folder with a ~.
func (e *env) short(path string) string {
	if rest, ok := strings.CutPrefix(path, e.home+string(filepath.Separator)); ok && e.home != "" {
		return "~" + string(filepath.Separator) + rest
	}
	return path
}

// place says in words where a login is.
func (e *env) place(p credstore.Place) string {
	switch p.Kind {
	case credstore.KindKeyring:
		return e.say("frame.place_keyring", "Where", display.Clean(p.Where))
	case credstore.KindEncrypted:
		return e.say("frame.place_encrypted", "Where", display.Clean(e.short(p.Where)))
	case credstore.KindMemory:
		return e.say("frame.place_memory")
	case credstore.KindFile:
	}
	return display.Clean(e.short(p.Where))
}

// work is the work that outlives a screen: what must not be cut off while it
// changes a stored login.
type work struct {
	ctx    context.Context
	cancel context.CancelFunc

	mu       sync.Mutex
	closed   bool
	running  sync.WaitGroup
	attempts int
	past     past
	told     []string
}

// past is the last change of the stored login; at most one of them is set.
type past struct {
	receipt   *flows.Receipt
	switched  *flows.Switched
	signedOut bool
}

func newWork(ctx context.Context) *work {
	ctx, cancel := context.WithCancel(ctx)
	return &work{ctx: ctx, cancel: cancel}
}

// attempt is one try to do something, told from all others by its number.
type attempt struct {
	id     int
	ctx    context.Context
	cancel context.CancelFunc
}

func (w *work) attempt() attempt {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.attempts++
	ctx, cancel := context.WithCancel(w.ctx)
	return attempt{id: w.attempts, ctx: ctx, cancel: cancel}
}

// enter reports whether work may begin; exit must follow if so.
func (w *work) enter() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return false
	}
	w.running.Add(1)
	return true
}

func (w *work) exit() { w.running.Done() }

// finish is flows.Login.Finish, remembered and waited for.
func (w *work) finish(ctx context.Context, l *flows.Login, c *flows.Challenge) (flows.Receipt, error) {
	if !w.enter() {
		c.Close()
		return flows.Receipt{}, flows.ErrCancelled
	}
	defer w.exit()
	receipt, err := l.Finish(ctx, c)
	if err == nil {
		w.remember(past{receipt: &receipt})
	}
	return receipt, err
}

// change switches to an account, remembered and waited for.
func (w *work) change(ctx context.Context, l *flows.Login, id string) (flows.Switched, error) {
	return hold(w, func() (flows.Switched, error) {
		s, err := l.Switch(ctx, id)
		if err == nil && s.Changed {
			w.remember(past{switched: &s})
		}
		return s, err
	})
}

// undo takes a sign-in back, remembered and waited for.
func (w *work) undo(ctx context.Context, l *flows.Login, r flows.Receipt, forget bool) (flows.Undone, error) {
	return hold(w, func() (flows.Undone, error) {
		out, err := l.Undo(ctx, r, forget)
		if err == nil {
			w.remember(past{switched: out.Now, signedOut: out.Now == nil})
		}
		return out, err
	})
}

// leave signs out, remembered and waited for. An account that is not in use
// can go without anybody being signed out.
func (w *work) leave(inUse bool, do func() (flows.SignedOut, error)) (flows.SignedOut, error) {
	return hold(w, func() (flows.SignedOut, error) {
		out, err := do()
		if err == nil && inUse {
			w.remember(past{signedOut: true})
		}
		return out, err
	})
}

// hold does what must not be cut off: leaving waits for it.
func hold[T any](w *work, do func() (T, error)) (out T, err error) {
	if !w.enter() {
		return out, flows.ErrCancelled
	}
	defer w.exit()
	return do()
}

func (w *work) remember(p past) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.past = p
}

// tell keeps what is to be said after the wizard.
func (w *work) tell(text string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.told = append(w.told, text)
}

// close ends what can be ended, waits for what cannot, and says how it stands.
func (w *work) close() past {
	w.mu.Lock()
	w.closed = true
	w.mu.Unlock()
	w.cancel()
	w.running.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.past
}
