package credstore

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// The system calls with which a helper reads or changes the book, and those
// among them that change something, be it through a bus.
var (
	fileSystemCalls = []string{"openat", "flock", "newfstatat", "getdents64", "mkdirat", "fchmod", "write", "fsync", "renameat", "unlinkat", "close"}
	changingCalls   = []string{"openat", "write", "renameat", "unlinkat"}
)

// scene is one thing that a helper does to a book, and what must be there
// whatever kills it.
type scene struct {
	mode  Mode
	verb  string
	arg   string
	setUp func(s *stage)
	// alive are the logins that exist before and after.
	alive []*Auth
	// going may be gone, but then its account too.
	going *Auth
}

type stage struct {
	t     *testing.T
	ctx   context.Context
	home  Home
	store Store
	book  *Book
}

func (s *stage) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// set makes a fresh home with an active login and pages.
func (s *stage) set(mode Mode, active *Auth, pages ...*Auth) {
	s.t.Helper()
	if s.book != nil {
		ids, err := s.book.List(s.ctx)
		s.must(err)
		for _, id := range ids {
			s.must(ignoreNotFound(s.book.Remove(s.ctx, id)))
		}
		s.must(ignoreNotFound(s.store.Delete(s.ctx)))
	}
	entries, err := os.ReadDir(s.home.Path)
	s.must(err)
	for _, e := range entries {
		s.must(os.RemoveAll(filepath.Join(s.home.Path, e.Name())))
	}
	s.store, s.book = Open(s.home, mode), OpenBook(s.home, mode)
	_, err = s.store.Save(s.ctx, active, Steps{})
	s.must(err)
	s.must(s.book.Note(s.ctx, active, nil))
	for _, a := range pages {
		s.must(s.book.Keep(s.ctx, a))
	}
}

// everywhere collects the active login and all pages.
func (s *stage) everywhere() map[string]bool {
	s.t.Helper()
	found := map[string]bool{}
	active, _, err := s.store.Load(s.ctx)
	s.must(err)
	found[string(active.Encode())] = true
	ids, err := s.book.List(s.ctx)
	s.must(err)
	for _, id := range ids {
		a, err := s.book.load(s.ctx, id) // not Load, which would help Repair
		if err == ErrNotFound {
			continue // a marker whose entry never came to be
		}
		s.must(err)
		found[string(a.Encode())] = true
	}
	return found
}

// alive fails unless every login that must be there is somewhere.
func (s *stage) alive(at string, c scene) map[string]bool {
	s.t.Helper()
	found := s.everywhere()
	for n, a := range c.alive {
		if !found[string(a.Encode())] {
			s.t.Fatalf("killed at %s: login %d is lost", at, n)
		}
	}
	return found
}

// check expects every login before and after a repair, and a clean book.
func (s *stage) check(at string, c scene) {
	s.t.Helper()
	s.alive(at, c)
	active, _, err := s.store.Load(s.ctx)
	s.must(err)
	for _, again := range []bool{false, true} {
		if r, err := s.book.Repair(s.ctx, active); err != nil || again && r.Any() {
			s.t.Fatalf("killed at %s: repaired again: %v: %+v, %v", at, again, r, err)
		}
	}
	found := s.alive(at+" and repaired", c)
	clean(s.t, s.book)
	cards, err := s.book.Cards(s.ctx)
	s.must(err)
	for _, card := range cards {
		switch {
		case c.going != nil && card.ID == ID(c.going) && !found[string(c.going.Encode())]:
			s.t.Fatalf("killed at %s: half an account is left", at)
		case card.Pages == 0 && card.ID != ID(active):
			s.t.Fatalf("killed at %s: a card without an account", at)
		case card.ID == ID(active) && card.Pages > 0:
			s.t.Fatalf("killed at %s: a page of the active login is left", at)
		case card.Email == "":
			s.t.Fatalf("killed at %s: nothing is known of an account", at)
		}
	}
	for _, a := range c.alive {
		if !slices.ContainsFunc(cards, func(card Card) bool { return card.ID == ID(a) }) {
			s.t.Fatalf("killed at %s: an account has no card", at)
		}
	}
}

// killEverywhere kills the helper at each of its calls, starting with those
// that reach the home, and plays the scene to its end after each.
func killEverywhere(t *testing.T, c scene, calls []string) {
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	s := &stage{t: t, ctx: ctx, home: testHome(t)}
	self := helper("book", c.verb, s.home.Path, string(c.mode), c.arg)
	trace := func(args ...string) error {
		cmd := exec.Command("strace", append(append([]string{"-f"}, args...), append([]string{testBinary(t)}, self.Args[1:]...)...)...)
		cmd.Env = self.Env
		return cmd.Run()
	}
	c.setUp(s)
	log := filepath.Join(t.TempDir(), "trace")
	if err := trace("-y", "-o", log, "-e", "trace="+strings.Join(calls, ",")); err != nil {
		t.Fatal(err)
	}
	s.check("no call", c)
	first := map[string]int{}
	seen := map[string]int{}
	for line := range strings.Lines(read(t, log)) {
		for _, name := range calls {
			thread, call, _ := strings.Cut(line, " ")
			if strings.HasPrefix(strings.TrimLeft(call, " "), name+"(") {
				seen[thread+name]++
				if first[name] == 0 && strings.Contains(line, s.home.Path) {
					first[name] = seen[thread+name]
				}
			}
		}
	}
	kills := 0
	for _, name := range calls {
		if first[name] == 0 {
			continue
		}
		for nth := first[name]; ; nth++ {
			c.setUp(s)
			err := trace("-o", "/dev/null", "-e", "trace="+name, "-e", fmt.Sprintf("inject=%s:signal=KILL:when=%d", name, nth))
			s.check(fmt.Sprint(name, " ", nth), c)
			if err == nil {
				break
			}
			kills++
			if out, err := helper(self.Args[1:]...).CombinedOutput(); err != nil {
				t.Fatalf("killed at %s %d, then: %s", name, nth, out)
			}
			s.alive(fmt.Sprint(name, " ", nth, " and done again"), c)
			clean(t, s.book)
		}
	}
	if kills < 20 {
		t.Errorf("only %d kills", kills)
	}
	t.Logf("%d kills", kills)
}

func needStrace(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("strace"); err != nil {
		missing(t, "strace")
	}
	if err := exec.Command("strace", "-o", "/dev/null", "true").Run(); err != nil {
		missing(t, "strace with the right to trace")
	}
}

// scenes are the changes of a book in a mode. Login 0 is the active one,
// refreshed since its page was written.
func scenes(mode Mode) map[string]scene {
	active, other, third := renewedOf(bookLogin(0)), bookLogin(1), bookLogin(2)
	earlier := chatGPT("user-1", "w", "earlier", someTime)
	set := func(pages ...*Auth) func(*stage) { return func(s *stage) { s.set(mode, active, pages...) } }
	return map[string]scene{
		"keep": {
			mode, "keep", "",
			func(s *stage) { s.set(mode, third, bookLogin(0), other) },
			[]*Auth{third, other},
			nil,
		},
		"switch": {mode, "switch", ID(other), set(other, third), []*Auth{active, other, third}, nil},
		"move":   {mode, "move", map[Mode]string{ModeFile: "keyring", ModeKeyring: "file"}[mode], set(other, earlier, third), []*Auth{active, other, earlier, third}, nil},
		"forget": {mode, "forget", ID(other), set(other, earlier, third), []*Auth{active, third}, other},
	}
}

func TestBookSurvivesKills(t *testing.T) {
	needStrace(t)
	for name, c := range scenes(ModeFile) {
		if name == "move" { // with a keyring, below
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			killEverywhere(t, c, fileSystemCalls)
		})
	}
}

// The same with a real keyring.
func TestKeyringBookSurvivesKills(t *testing.T) {
	killsWithKeyring(t, func() {
		for name, c := range scenes(ModeKeyring) {
			if name == "switch" || name == "forget" { // a switch keeps, too
				t.Run(name, func(t *testing.T) { killEverywhere(t, c, changingCalls) })
			}
		}
	})
}

// The moves into the keyring and out of it.
func TestMoveSurvivesKills(t *testing.T) {
	killsWithKeyring(t, func() {
		for _, from := range []Mode{ModeFile, ModeKeyring} {
			t.Run("from "+string(from), func(t *testing.T) { killEverywhere(t, scenes(from)["move"], changingCalls) })
		}
	})
}

func killsWithKeyring(t *testing.T, run func()) {
	needStrace(t)
	if privateBus(t) {
		startKeyring(t, "password")
		run()
	}
}
