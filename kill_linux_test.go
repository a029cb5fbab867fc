package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"codex-login/credstore"
	"codex-login/flows/sandbox"
)

// killCalls are the system calls that change a file or decide who may.
var killCalls = []string{"renameat", "unlinkat", "fsync", "flock", "fchmod", "mkdirat"}

// family is a home with an active account and three in the book.
type family struct {
	*person
	store  credstore.Mode
	logins map[string]*credstore.Auth // by id
	active string
}

// settle puts the family's home in its first state, whatever was there.
func (f *family) settle() {
	f.t.Helper()
	ctx := f.t.Context()
	home, err := credstore.FindHome(func(name string) string { return map[string]string{"CODEX_HOME": f.home}[name] })
	if err != nil {
		f.t.Fatal(err)
	}
	for _, m := range []credstore.Mode{credstore.ModeFile, credstore.ModeKeyring} {
		if m == credstore.ModeFile || f.store == credstore.ModeKeyring || len(f.env) > 0 {
			_ = credstore.Open(home, m).Delete(ctx)
		}
	}
	book := credstore.OpenBook(home, f.store)
	cards, err := book.Cards(ctx)
	if err != nil {
		f.t.Fatal(err)
	}
	for _, c := range cards {
		if err := book.Forget(ctx, c.ID); err != nil && err != credstore.ErrNotFound {
			f.t.Fatal(err)
		}
	}
	if err := os.RemoveAll(filepath.Join(f.home, "codex-login")); err != nil {
		f.t.Fatal(err)
	}
	writeConfig(f.t, f.person, fmt.Sprintf("cli_auth_credentials_store = %q\n", f.store))
	for id, a := range f.logins {
		if id == f.active {
			_, err = credstore.Open(home, f.store).Save(ctx, a, credstore.Steps{})
		} else {
			err = book.Keep(ctx, a)
		}
		if err == nil {
			err = book.Note(ctx, a, nil)
		}
		if err != nil {
			f.t.Fatal(err)
		}
	}
}

// kept is every account that the program itself finds, with its document.
func (f *family) kept() (logins map[string]*credstore.Auth, notes []string) {
	f.t.Helper()
	r := f.run("", "accounts", "--json")
	var list struct {
		Accounts []account
		Notes    []struct{ Code string }
	}
	if err := json.Unmarshal([]byte(r.out), &list); err != nil || r.code != 0 {
		f.t.Fatalf("%v: %+v", err, r)
	}
	for _, n := range list.Notes {
		notes = append(notes, n.Code)
	}
	l := f.workers()
	logins = map[string]*credstore.Auth{}
	for _, a := range list.Accounts {
		login, err := credstore.OpenBook(l.Home, l.Mode()).Load(f.t.Context(), a.ID)
		if a.Active {
			login, _, err = credstore.Open(l.Home, l.Mode()).Load(f.t.Context())
		}
		if err != nil {
			f.t.Fatalf("%s: %v", a.ID, err)
		}
		logins[a.ID] = login
	}
	return logins, notes
}

// killed runs the command and kills it at the nth call of that name. It
// reports whether there was such a call.
func (f *family) killed(call string, nth int, input string, args ...string) bool {
	f.t.Helper()
	cmd := f.command(args...)
	inject := fmt.Sprintf("inject=%s:signal=KILL:when=%d", call, nth)
	cmd.Args = append([]string{"strace", "-f", "-o", "/dev/null", "-e", "trace=" + call, "-e", inject}, cmd.Args...)
	strace, err := exec.LookPath("strace")
	if err != nil {
		missing(f.t, "strace")
	}
	cmd.Path, cmd.Stdin = strace, strings.NewReader(input)
	cmd.Env = append(cmd.Env, "GOMAXPROCS=1") // strace counts the calls of each thread by itself
	return cmd.Run() != nil && !cmd.ProcessState.Success()
}

// TestKillAnywhere kills each change of the account book at every call that
// touches a file. Every account is found afterwards, with its document whole,
// the next start puts in order what was left, and the one after finds nothing
// to do.
func TestKillAnywhere(t *testing.T) {
	if err := exec.Command("strace", "-o", "/dev/null", "true").Run(); err != nil {
		missing(t, "strace with the right to trace")
	}
	for _, change := range []struct {
		name  string
		store credstore.Mode
		input string
		args  func(f *family) []string
		gone  func(f *family) string // the account that the change takes away
		adds  bool
	}{
		{name: "switch", store: credstore.ModeFile, args: func(f *family) []string { return []string{"switch", f.other()} }},
		{name: "switch in the keyring", store: credstore.ModeKeyring, args: func(f *family) []string { return []string{"switch", f.other()} }},
		{name: "add", store: credstore.ModeFile, input: "sk-proj-new-0123456789abcdef\n", adds: true, args: func(*family) []string { return []string{"--with-api-key"} }},
		{
			name: "forget", store: credstore.ModeFile, gone: (*family).other,
			args: func(f *family) []string { return []string{"accounts", "forget", f.other(), "--keep-session"} },
		},
		{name: "to the keyring", store: credstore.ModeFile, args: func(*family) []string { return []string{"store", "keyring"} }},
		{name: "to the file", store: credstore.ModeKeyring, args: func(*family) []string { return []string{"store", "file"} }},
	} {
		t.Run(change.name, func(t *testing.T) {
			f := newFamily(t, change.store)
			kills, mended := 0, 0
			for _, call := range killCalls {
				for nth := 1; ; nth++ {
					f.settle()
					if !f.killed(call, nth, change.input, change.args(f)...) {
						break
					}
					kills++
					gone := ""
					if change.gone != nil {
						gone = change.gone(f)
					}
					notes := f.allThere(fmt.Sprintf("%s %d", call, nth), gone, change.adds)
					mended += len(notes)
				}
			}
			// A page that is gone leaves nothing to say.
			if kills < 5 || mended == 0 && change.gone == nil {
				t.Errorf("%d kills, after which %d times something was put in order and said", kills, mended)
			}
			t.Logf("%d kills, %d notes", kills, mended)
		})
	}
}

func newFamily(t *testing.T, store credstore.Mode) *family {
	f := &family{person: newPerson(t, nil), store: store, logins: map[string]*credstore.Auth{}}
	f.env = append(f.env, secretService(t)...)
	inHome(t, f.person)
	for _, seat := range []sandbox.Seat{sandbox.MinaPlus, sandbox.MinaHarbour, sandbox.JonasMeridian} {
		a := seated(t, f.person, seat)
		f.active = credstore.ID(a)
		f.logins[f.active] = a
	}
	key := credstore.NewAPIKey(credstore.NewSecret("sk-proj-old-0123456789abcdef"))
	f.logins[credstore.ID(key)] = key
	return f
}

// other is an account that is not the active one, always the same.
func (f *family) other() string {
	for _, id := range slices.Sorted(maps.Keys(f.logins)) {
		if id != f.active && strings.HasPrefix(id, "chatgpt") {
			return id
		}
	}
	return ""
}

// allThere checks what is left after a kill, and that looking at it a second
// time finds nothing more to mend. It returns what the first look said.
func (f *family) allThere(at, gone string, adds bool) []string {
	f.t.Helper()
	logins, notes := f.kept()
	for id, want := range f.logins {
		got, ok := logins[id]
		switch {
		case !ok && id != gone:
			f.t.Errorf("killed at %s: %s is lost", at, id)
		case ok && !got.SameSecret(want):
			f.t.Errorf("killed at %s: %s is another login", at, id)
		}
	}
	if extra := len(logins) - len(f.logins); extra > 1 || extra == 1 && !adds {
		f.t.Errorf("killed at %s: %d accounts", at, len(logins))
	}
	if _, again := f.kept(); len(again) > 0 {
		f.t.Errorf("killed at %s: the second look says %v, after %v", at, again, notes)
	}
	left, _ := filepath.Glob(filepath.Join(f.home, "codex-login", "tmp", "*"))
	more, _ := filepath.Glob(filepath.Join(f.home, "codex-login", "accounts", ".auth-*"))
	moving, _ := filepath.Glob(filepath.Join(f.home, "codex-login", "moving"))
	if all := slices.Concat(left, more, moving); len(all) > 0 {
		f.t.Errorf("killed at %s: %v is left", at, all)
	}
	return notes
}
