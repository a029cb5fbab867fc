package flows

import (
	"context"
	"errors"

	"codex-login/credstore"
)

// errStoreMoved ends a save in a store that is not the configured one any more.
var errStoreMoved = errors.New("the logins have been moved to another store meanwhile")

// followTries is how often a store is followed that somebody moves to and fro.
const followTries = 3

// follow looks whether another process has moved the logins: a wizard may have
// been open for days, and Codex reads where config.toml says.
func (l *Login) follow() { l.Rules.Reread() }

// saveActive stores what steps.Choose picks where Codex reads it. Which store
// that is counts under its locks.
func (l *Login) saveActive(ctx context.Context, steps credstore.Steps) (credstore.Place, error) {
	choose := steps.Choose
	steps.Choose = func(ctx context.Context) (*credstore.Auth, error) {
		if l.Rules.Reread() {
			return nil, errStoreMoved
		}
		return choose(ctx)
	}
	for try := 1; ; try++ {
		place, err := l.store(l.Mode()).Save(ctx, nil, steps)
		if !errors.Is(err, errStoreMoved) || try == followTries {
			return place, err
		}
	}
}
