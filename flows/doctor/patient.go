package doctor

import (
	"context"
	"errors"
	"sync"
	"time"

	"codex-login/credstore"
	"codex-login/flows"
)

// patient is what the checks share.
type patient struct {
	Surroundings
	login *flows.Login

	stored      once[storedLogin]
	keyring     once[error]
	connections [4]once[flows.Connection]
}

func newPatient(login *flows.Login, s Surroundings) *patient {
	return &patient{Surroundings: s, login: login}
}

func (p *patient) getenv(name string) string {
	if p.Getenv == nil {
		return ""
	}
	return p.Getenv(name)
}

func (p *patient) now() time.Time {
	if p.Now != nil {
		return p.Now()
	}
	return time.Now()
}

// storedLogin is the login in force, as it was found once for all checks.
type storedLogin struct {
	auth  *credstore.Auth
	place credstore.Place
	err   error
	entry flows.Entry
	// entryErr is what flows.Login.Current says: a violation, for one.
	entryErr error
}

// load reads the login in force. A keyring's prompt is not waited for.
func (p *patient) load(ctx context.Context) (storedLogin, bool) {
	return p.stored.get(ctx, func(ctx context.Context) storedLogin {
		var s storedLogin
		err := unprompted(ctx, func(ctx context.Context) error {
			s.auth, s.place, s.err = credstore.Open(p.login.Home, p.login.Mode()).Load(ctx)
			return s.err
		})
		if s.err = err; err == nil || errors.Is(err, credstore.ErrNotFound) {
			s.entry, s.entryErr = p.login.Current(ctx)
		}
		return s
	})
}

// errLocked stands for a keyring that asks for its password.
var errLocked = &credstore.Error{Problem: credstore.ProblemLocked, Op: "read"}

// unprompted makes a keyring call that opens no prompt, and ends one where the
// keyring begins to ask the person all the same: who looks for what is wrong
// does not want to be asked for a password.
func unprompted(ctx context.Context, call func(context.Context) error) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	err := call(credstore.WithPromptNotice(credstore.WithoutPrompt(ctx), func(waiting bool) {
		if waiting {
			stop(errLocked)
		}
	}))
	if err != nil && errors.Is(context.Cause(ctx), errLocked) {
		return errLocked
	}
	return err
}

// once finds something out once for all who ask; nobody waits longer than the
// own context lasts.
type once[T any] struct {
	begin sync.Once
	done  chan struct{}
	value T
}

// onceLimit ends what nobody waits for any more.
const onceLimit = 20 * time.Second

func (o *once[T]) get(ctx context.Context, find func(context.Context) T) (T, bool) {
	o.begin.Do(func() {
		o.done = make(chan struct{})
		go func() {
			defer close(o.done)
			// The context of the first who asks may end before others' do.
			ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), onceLimit)
			defer stop()
			o.value = find(ctx)
		}()
	})
	select {
	case <-o.done:
		return o.value, true
	case <-ctx.Done():
		var none T
		return none, false
	}
}
