package credstore

import (
	"context"
	"errors"
	"slices"
)

// Repaired counts what Repair found half done and put right.
type Repaired struct {
	Temps     int // temporary files of killed writers
	Leftovers int // pages with the session that is the active login's
	Doubles   int // pages that were in a file and in the keyring
	Markers   int // keyring pages that were nothing but a marker: of a killed write or removal, or somebody took the entry away
	Promoted  int // accounts of which only an earlier session was left: it is in front now
	Cards     int // cards that were missing
	Orphans   int // cards without an account
	// Newer are the pages that hold newer tokens of the active login's session
	// than the active login does. They are left: these tokens are the good ones.
	Newer []string
	// Unsettled counts what was left because something, the keyring as a rule,
	// did not answer.
	Unsettled int
}

// Any reports whether there is anything to say.
func (r Repaired) Any() bool {
	return r.Newer != nil || r.Temps+r.Leftovers+r.Doubles+r.Markers+r.Promoted+r.Cards+r.Orphans+r.Unsettled > 0
}

// Repair puts right what a killed process left half done. active is the active
// login, nil where there is none. A sound book costs a look at the names in two
// folders and no lock; the keyring is asked only about what is in doubt. What
// is to go is compared with the active login once more under Codex's locks,
// which the caller must not hold.
func (b *Book) Repair(ctx context.Context, active *Auth) (Repaired, error) {
	if active != nil && active.Empty() {
		active = nil
	}
	f, err := b.folder()
	if err != nil {
		return Repaired{}, err
	}
	for _, id := range f.locks {
		sweepLock(b.accountLock(id))
	}
	if b.sound(f, active) {
		return Repaired{}, nil
	}
	unlockLogin, err := b.lockActive(ctx)
	if err != nil {
		return Repaired{}, err
	}
	defer unlockLogin()
	unlock, err := b.lock(ctx)
	if err != nil {
		return Repaired{}, err
	}
	defer unlock()
	r := repair{b: b}
	err = r.run(context.WithoutCancel(ctx))
	return r.done, err
}

// lockActive keeps the active login where it is.
func (b *Book) lockActive(ctx context.Context) (func(), error) {
	if b.memory != nil {
		mu := &Open(b.home, ModeEphemeral).(*memoryStore).writer
		return mu.Unlock, lockMutex(ctx, mu)
	}
	l, err := lockLogin(ctx, b.home)
	if err != nil {
		return nil, err
	}
	return l.unlock, nil
}

// store is the store of the active login.
func (b *Book) store() Store {
	switch {
	case b.memory != nil:
		return Open(b.home, ModeEphemeral)
	case b.ring == nil:
		return &fileStore{b.home}
	case b.mode == ModeAuto:
		return &autoStore{keyringStore{b.home, b.ring}}
	}
	return &keyringStore{b.home, b.ring}
}

// repair is one run of Repair under the locks.
type repair struct {
	b      *Book
	active *Auth // nil: nobody is signed in, if certain is set
	// certain: the active login is known, so what it is not may go.
	certain bool
	done    Repaired
}

func (r *repair) run(ctx context.Context) error {
	b := r.b
	if b.memory == nil {
		r.done.Temps = removeTemps(b.tmp(), 0) + removeTemps(b.dir(), 0)
	}
	active, place, err := b.store().Load(ctx)
	if err == nil && !active.Empty() {
		r.active = active
	}
	// Automatic choice reads the file where the keyring, which counts first,
	// gives no answer.
	r.certain = (err == nil || errors.Is(err, ErrNotFound)) &&
		(place.Fallback == nil || IsProblem(place.Fallback, ProblemUnavailable))
	for _, step := range []func(context.Context, folder) error{r.settle, r.leftovers, r.promote, r.cards, r.orphans} {
		f, err := b.folder()
		if err != nil {
			return err
		}
		if err := step(ctx, f); err != nil {
			return err
		}
	}
	return nil
}

// left counts what cannot be settled just now. Other errors end the repair.
func (r *repair) left(err error) error {
	var e *Error
	if errors.As(err, &e) && (e.Place.Kind != KindFile || e.Problem == ProblemCorrupt) {
		r.done.Unsettled++
		return nil
	}
	return err
}

func (r *repair) settle(ctx context.Context, f folder) error {
	pages, _ := r.b.doubts()
	for page, at := range f.pages {
		if at == inFile|inKeyring && !slices.Contains(pages, page) {
			pages = append(pages, page)
		}
	}
	slices.Sort(pages)
	for _, page := range pages {
		err := r.settlePage(ctx, page)
		if err := r.left(err); err != nil {
			return err
		}
		if unanswered(err) {
			return nil
		}
	}
	return nil
}

func (r *repair) settlePage(ctx context.Context, page string) error {
	found, err := r.b.settle(ctx, page)
	switch {
	case err != nil:
		return err
	case found == foundDouble:
		r.done.Doubles++
	case found == foundGone:
		r.done.Markers++
	}
	return nil
}

// leftovers removes the pages of the active login's own session.
func (r *repair) leftovers(ctx context.Context, f folder) error {
	if r.active == nil {
		return nil
	}
	for _, page := range []string{ID(r.active), SessionID(r.active)} {
		if !r.b.leftover(f, page, r.active) {
			continue
		}
		if err := r.left(r.leftover(ctx, page)); err != nil {
			return err
		}
	}
	return nil
}

func (r *repair) leftover(ctx context.Context, page string) error {
	a, err := r.b.load(ctx, page)
	switch {
	case errors.Is(err, ErrNotFound):
		r.b.doubt(page)
		return r.settlePage(ctx, page)
	case err != nil:
		return err
	case a.session() != r.active.session(): // its marker said no other
		return r.b.replace(r.b.marker(page), markerOf(a))
	case newer(r.active, a) == a:
		r.done.Newer = append(r.done.Newer, page)
		return nil
	case newer(a, r.active) == a && !a.SameSecret(r.active):
		return nil // nobody can tell
	}
	err = r.b.remove(ctx, page)
	if err == nil {
		r.done.Leftovers++
	}
	return ignoreNotFound(err)
}

// promote gives an account whose front page is gone, with the active login as a
// rule, the newest of its earlier sessions for one.
func (r *repair) promote(ctx context.Context, f folder) error {
	if !r.certain {
		return nil
	}
	for id, pages := range f.byAccount() {
		if pages[0] == id || r.active != nil && id == ID(r.active) {
			continue
		}
		all, err := r.b.Pages(ctx, id)
		if err == nil {
			if err = r.b.write(ctx, id, all[0]); err == nil {
				err = errors.Join(ignoreNotFound(r.b.remove(ctx, SessionID(all[0]))), r.b.note(all[0], nil))
			}
		}
		if err != nil {
			if err := r.left(ignoreNotFound(err)); err != nil {
				return err
			}
			continue
		}
		r.done.Promoted++
	}
	return nil
}

// cards writes those that are missing, as far as files tell.
func (r *repair) cards(_ context.Context, f folder) error {
	if r.active != nil && !f.cards[ID(r.active)] {
		if err := r.b.note(r.active, nil); err != nil {
			return err
		}
		f.cards[ID(r.active)] = true
		r.done.Cards++
	}
	for id, pages := range f.byAccount() {
		if f.cards[id] {
			continue
		}
		c := r.b.describe(id, f, pages)
		if c == (Card{ID: c.ID, Mode: c.Mode}) {
			continue // nothing is known
		}
		c.AddedAt = r.b.time()
		if err := r.b.putCard(c, nil, nil); err != nil {
			return err
		}
		r.done.Cards++
	}
	return nil
}

func (r *repair) orphans(_ context.Context, f folder) error {
	if !r.certain {
		return nil
	}
	pages := f.byAccount()
	for id := range f.cards {
		if pages[id] != nil || r.active != nil && id == ID(r.active) {
			continue
		}
		if err := r.b.removeCard(id); ignoreNotFound(err) != nil {
			return err
		}
		r.done.Orphans++
	}
	return nil
}
