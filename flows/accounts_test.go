package flows

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"codex-login/credstore"
	"codex-login/flows/sandbox"
	"codex-login/policy"
)

func TestFind(t *testing.T) {
	used := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	list := Accounts{Entries: []Entry{
		{ID: "chatgpt-1111111111111111", Active: true, LastUsed: used, Account: Account{Email: "mina@example.test", Plan: "plus", WorkspaceID: "ws-own"}},
		{ID: "chatgpt-2222222222222222", LastUsed: used.Add(-time.Hour), Label: "Work", Account: Account{Email: "mina@example.test", Plan: "business", WorkspaceID: "ws-harbour"}},
		{ID: "chatgpt-1122222222222222", LastUsed: used.Add(-2 * time.Hour), Label: "Workshop", Account: Account{Email: "jonas@example.test", Plan: "free"}},
		{ID: "apikey-3333333333333333", Account: Account{KeyHint: "sk-proj-***abcde"}},
	}}
	for name, want := range map[string]string{
		"-":                            "chatgpt-2222222222222222",
		"chatgpt-1122222222222222":     "chatgpt-1122222222222222",
		"1122":                         "chatgpt-1122222222222222",
		"chatgpt-2":                    "chatgpt-2222222222222222",
		"work":                         "chatgpt-2222222222222222", // the whole label beats the beginning of another
		"WORKS":                        "chatgpt-1122222222222222",
		"jonas":                        "chatgpt-1122222222222222",
		" jonas@example.test ":         "chatgpt-1122222222222222",
		"mina@example.test/ws-harbour": "chatgpt-2222222222222222",
		"mina@example.test/plus":       "chatgpt-1111111111111111",
		"sk-proj":                      "apikey-3333333333333333",
		"mina":                         "2", "mina@example.test": "2", "chatgpt": "3", "11": "2",
		"nobody": "", "": "", " ": "", "@": "",
	} {
		got, err := list.Find(name)
		var nobody *NoAccountError
		var several *AmbiguousError
		switch {
		case err == nil && got.ID != want:
			t.Errorf("%q means %s, want %q", name, got.ID, want)
		case errors.As(err, &nobody) && want != "":
			t.Errorf("%q is nobody, want %s", name, want)
		case errors.As(err, &several) && want != string(rune('0'+len(several.Matches))):
			t.Errorf("%q could be %d accounts, want %q", name, len(several.Matches), want)
		}
	}
	if _, err := (Accounts{Entries: list.Entries[3:]}).Find("-"); err == nil {
		t.Error("an account that was never in use is the one before")
	}
}

// Three accounts, one of them active: listed with who they are, switched by
// id, each document whole and unchanged, nothing revoked and nothing asked.
func TestSwitch(t *testing.T) {
	s := startSandbox(t, sandbox.Options{})
	l := newLogin(t, s)
	seats := []sandbox.Seat{sandbox.MinaPlus, sandbox.MinaHarbour, sandbox.JonasMeridian}
	documents, ids := map[string]string{}, []string{}
	for _, seat := range seats {
		r := signIn(t, l, s, seat)
		ids = append(ids, r.ID)
		documents[r.ID] = string(load(t, l).Encode())
	}
	if ids[0] == ids[1] {
		t.Fatal("one address in two workspaces is one account")
	}
	before := len(s.Requests())
	list := accounts(t, l)
	if len(list.Entries) != 3 || !list.Entries[0].Active || list.Entries[0].ID != ids[2] {
		t.Fatalf("%+v", list.Entries)
	}
	for _, id := range []string{ids[0], ids[1], ids[0], ids[2], ids[2]} {
		active := credstore.ID(load(t, l))
		out, err := l.Switch(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		if out.Changed != (active != id) || out.Account.ID != id || !out.Account.Active || out.Changed && (out.Left == nil || out.Left.ID != active) {
			t.Errorf("switched from %s to %s: %+v", active, id, out)
		}
		if got := string(load(t, l).Encode()); got != documents[id] {
			t.Errorf("the document has changed:\n%s\n%s", got, documents[id])
		}
		list := accounts(t, l)
		if len(list.Entries) != 3 || list.Entries[0].ID != id {
			t.Fatalf("%+v", list.Entries)
		}
		if previous, err := list.Find("-"); out.Changed && (err != nil || previous.ID != active) {
			t.Errorf("the one before is %v (%v), want %s", previous.ID, err, active)
		}
		if ids, err := l.book().List(t.Context()); err != nil || len(ids) != 2 {
			t.Errorf("%d pages beside the active login (%v)", len(ids), err)
		}
	}
	if n := len(s.Requests()) - before; n != 0 {
		t.Errorf("%d requests", n)
	}
}

func accounts(t *testing.T, l *Login) Accounts {
	t.Helper()
	list, err := l.Accounts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(list.Notes) > 0 {
		t.Errorf("notes: %+v", list.Notes)
	}
	return list
}

// Codex renews the active login by itself; what it wrote goes to the page.
func TestSwitchTakesWhatCodexWrote(t *testing.T) {
	s := startSandbox(t, sandbox.Options{})
	l := newLogin(t, s)
	first := signIn(t, l, s, sandbox.MinaPlus)
	second := signIn(t, l, s, sandbox.JonasMeridian)
	renewed := *load(t, l)
	tokens := *renewed.Tokens
	tokens.RefreshToken = credstore.NewSecret("rt-by-codex")
	renewed.Tokens, renewed.LastRefresh = &tokens, renewed.LastRefresh.Add(time.Hour)
	if _, err := credstore.Open(l.Home, l.Mode()).Save(t.Context(), &renewed, credstore.Steps{}); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{first.ID, second.ID} {
		if _, err := l.Switch(t.Context(), id); err != nil {
			t.Fatal(err)
		}
	}
	if got := load(t, l); got.Tokens.RefreshToken.Reveal() != "rt-by-codex" || !got.LastRefresh.Equal(renewed.LastRefresh) {
		t.Error("the token that Codex stored is lost")
	}
}

// What may not be used is not switched to, and nothing changes.
func TestSwitchRefused(t *testing.T) {
	s := startSandbox(t, sandbox.Options{})
	l := newLogin(t, s)
	own := signIn(t, l, s, sandbox.MinaPlus)
	signIn(t, l, s, sandbox.MinaHarbour)
	key := credstore.NewAPIKey(credstore.NewSecret("sk-proj-0123456789abcdef"))
	if err := l.book().Keep(t.Context(), key); err != nil {
		t.Fatal(err)
	}
	active := load(t, l)
	untouched := func(name string) {
		t.Helper()
		if got := load(t, l); string(got.Encode()) != string(active.Encode()) {
			t.Errorf("%s: the active login has changed", name)
		}
		if ids, err := l.book().List(t.Context()); err != nil || len(ids) != 2 {
			t.Errorf("%s: %d pages (%v)", name, len(ids), err)
		}
	}
	reloadRules(t, l, `forced_chatgpt_workspace_id="`+sandbox.MinaHarbour.Workspace+`"`)
	var v *policy.Violation
	if _, err := l.Switch(t.Context(), own.ID); !errors.As(err, &v) || v.Rule != policy.ForcedWorkspace {
		t.Errorf("another workspace: %v", err)
	}
	untouched("another workspace")
	for _, e := range accounts(t, l).Entries {
		if (e.Refused != nil) != (e.ID == own.ID) {
			t.Errorf("%s is marked %v", e.Name(), e.Refused)
		}
	}
	reloadRules(t, l, `forced_login_method="chatgpt"`)
	if _, err := l.Switch(t.Context(), credstore.ID(key)); !errors.As(err, &v) || v.Rule != policy.ForcedMethod {
		t.Errorf("another method: %v", err)
	}
	untouched("another method")
	reloadRules(t, l)
	var nobody *NoAccountError
	if _, err := l.Switch(t.Context(), "chatgpt-0000000000000000"); !errors.As(err, &nobody) {
		t.Errorf("nobody: %v", err)
	}
	untouched("nobody")
	if err := l.book().Edit(t.Context(), own.ID, func(c *credstore.Card) {
		c.Ended = &credstore.Ended{Reason: string(EndUsed), At: l.Clock.now(), Session: "0123456789abcdef"}
	}); err != nil {
		t.Fatal(err)
	}
	var ended *SessionEndedError
	if _, err := l.Switch(t.Context(), own.ID); !errors.As(err, &ended) || ended.Reason != EndUsed {
		t.Errorf("a dead session: %v", err)
	}
	untouched("a dead session")
}

func TestLabel(t *testing.T) {
	s := startSandbox(t, sandbox.Options{})
	l := newLogin(t, s)
	first := signIn(t, l, s, sandbox.MinaPlus)
	key, err := l.Finish(t.Context(), begin(t, l, Request{Method: APIKey, Secret: credstore.NewSecret("sk-proj-abcdef0123456789")}))
	if err != nil {
		t.Fatal(err)
	}
	second := signIn(t, l, s, sandbox.MinaHarbour)
	for _, step := range []struct {
		id, label string
		problem   InputProblem
	}{
		{first.ID, "private", ""},
		{second.ID, "Private", InputLabelTaken},
		{second.ID, " work ", ""},
		{second.ID, "-", InputLabelCharacters},
		{second.ID, "a\x1b[31mb", InputLabelCharacters},
		{second.ID, sandbox.MinaPlus.Person, InputLabelTaken},
		{second.ID, "0123456789012345678901234567890123456789x", InputLabelTooLong},
		{second.ID, strings.TrimPrefix(strings.ToUpper(first.ID), "CHATGPT-"), InputLabelTaken},
		{second.ID, sandbox.MinaPlus.Person + "/" + first.Account.Plan, InputLabelTaken},
		{second.ID, key.Account.KeyHint, InputLabelTaken},
		{second.ID, "sk-proj-0123456789abcdef", InputLabelIsSecret},
		{second.ID, "for sk-proj-0123456789abcdef0123456789abcdef0123456789", InputLabelIsSecret},
		{second.ID, "at-0123456789abcdef0123", InputLabelIsSecret},
		{second.ID, "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.c2ln", InputLabelIsSecret},
		{second.ID, "at-home", ""},
		{second.ID, "work", ""},
		{first.ID, "", ""},
	} {
		err := l.Label(t.Context(), step.id, step.label)
		var input *InputError
		if step.problem == "" && err != nil || step.problem != "" && (!errors.As(err, &input) || input.Problem != step.problem) {
			t.Errorf("label %q: %v, want %q", step.label, err, step.problem)
		}
		if input != nil {
			x := Explain(l.Say, err)
			if x.Code != "input" || strings.Contains(x.Title+x.Text+x.Next, step.label) && step.problem == InputLabelIsSecret {
				t.Errorf("label %q is explained by %+v", step.label, x)
			}
		}
	}
	if _, err := l.Switch(t.Context(), first.ID); err != nil {
		t.Fatal(err)
	}
	list := accounts(t, l)
	if e, err := list.Find("work"); err != nil || e.ID != second.ID {
		t.Errorf("the label did not stay with its account: %v", err)
	}
	if e, _ := list.Find(first.ID); e.Label != "" {
		t.Errorf("the label is still %q", e.Label)
	}
	var nobody *NoAccountError
	if err := l.Label(t.Context(), "apikey-0000000000000000", "x"); !errors.As(err, &nobody) {
		t.Error(err)
	}
}

// A page with later tokens of the active session than the active login has is
// a renewal that could not be stored in its place.
func TestLaterTokensInTheBookAreTaken(t *testing.T) {
	s := startSandbox(t, sandbox.Options{})
	l := newLogin(t, s)
	r := signIn(t, l, s, sandbox.MinaPlus)
	later := *load(t, l)
	tokens := *later.Tokens
	tokens.RefreshToken = credstore.NewSecret("rt-later")
	later.Tokens, later.LastRefresh = &tokens, later.LastRefresh.Add(time.Hour)
	if err := l.book().Keep(t.Context(), &later); err != nil {
		t.Fatal(err)
	}
	list, err := l.Accounts(t.Context())
	if err != nil || len(list.Notes) != 1 || list.Notes[0].Code != NoteNewerTaken {
		t.Fatalf("%+v %v", list.Notes, err)
	}
	if got := load(t, l).Tokens.RefreshToken.Reveal(); got != "rt-later" {
		t.Errorf("the active token is %s", got)
	}
	if list := accounts(t, l); len(list.Entries) != 1 || list.Entries[0].ID != r.ID || list.Entries[0].Sessions != 1 {
		t.Errorf("%+v", list.Entries)
	}
}

// Forgetting one account of the book leaves the others and the active one.
func TestForget(t *testing.T) {
	for _, revoke := range []bool{true, false} {
		s := startSandbox(t, sandbox.Options{})
		l := newLogin(t, s)
		own := signIn(t, l, s, sandbox.MinaPlus)
		earlier := load(t, l).Tokens.RefreshToken.Reveal()
		signIn(t, l, s, sandbox.MinaPlus) // a second session of the same account
		harbour := signIn(t, l, s, sandbox.MinaHarbour)
		jonas := signIn(t, l, s, sandbox.JonasMeridian)
		if e, err := accounts(t, l).Find(own.ID); err != nil || e.Sessions != 2 {
			t.Fatalf("%v %+v", err, e)
		}
		out, err := l.Forget(t.Context(), own.ID, revoke)
		if err != nil || out.Forgotten != 1 || out.Account.Email != sandbox.MinaPlus.Person || out.Revoked != revoke || revoke && out.Ended != 2 {
			t.Errorf("forgotten: %+v %v", out, err)
		}
		if ended, _ := s.SessionEnded(earlier); ended != revoke {
			t.Errorf("the earlier session has ended: %v", ended)
		}
		if list := accounts(t, l); len(list.Entries) != 2 || list.Entries[0].ID != jonas.ID || list.Entries[1].ID != harbour.ID {
			t.Errorf("%+v", list.Entries)
		}
		var nobody *NoAccountError
		if _, err := l.Forget(t.Context(), own.ID, revoke); !errors.As(err, &nobody) {
			t.Errorf("twice: %v", err)
		}
		// The active one is signed out.
		if out, err := l.Forget(t.Context(), jonas.ID, revoke); err != nil || out.Forgotten != 1 {
			t.Errorf("%+v %v", out, err)
		}
		nothingStored(t, l)
		if list := accounts(t, l); len(list.Entries) != 1 || list.Entries[0].Active {
			t.Errorf("%+v", list.Entries)
		}
	}
}

func TestSignOutAll(t *testing.T) {
	for name, test := range map[string]struct {
		revoke, trouble bool
	}{"end": {revoke: true}, "forget": {}, "the server is in trouble": {revoke: true, trouble: true}} {
		t.Run(name, func(t *testing.T) {
			s := startSandbox(t, sandbox.Options{})
			l := newLogin(t, s)
			for _, seat := range []sandbox.Seat{sandbox.MinaPlus, sandbox.MinaHarbour, sandbox.JonasMeridian} {
				signIn(t, l, s, seat)
			}
			if test.trouble {
				s.Set(func(b *sandbox.Behaviour) { b.Inject(sandbox.Revoke, sandbox.Status(500, "")) })
			}
			out, err := l.SignOutAll(t.Context(), test.revoke)
			if err != nil || out.Forgotten != 3 || !out.All {
				t.Fatalf("%+v %v", out, err)
			}
			ended := map[bool]int{true: 3}[test.revoke]
			if test.trouble {
				ended = 0
			}
			if out.Ended != ended || (out.RevokeErr != nil) != test.trouble || out.Revoked != (test.revoke && !test.trouble) {
				t.Errorf("%+v", out)
			}
			nothingStored(t, l)
			if list := accounts(t, l); len(list.Entries) != 0 {
				t.Errorf("%+v", list.Entries)
			}
			if _, err := l.SignOutAll(t.Context(), test.revoke); !errors.Is(err, credstore.ErrNotFound) {
				t.Errorf("twice: %v", err)
			}
		})
	}
}

// What one login does to its page, its card and the place where Codex looks is
// the same when the switch fails half way: the account is still in the book.
func TestSwitchThatCannotBeStored(t *testing.T) {
	s := startSandbox(t, sandbox.Options{})
	l := newLogin(t, s)
	own := signIn(t, l, s, sandbox.MinaPlus)
	harbour := signIn(t, l, s, sandbox.MinaHarbour)
	before := string(load(t, l).Encode())
	if err := os.Chmod(l.Home.AuthFile(), 0o400); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Switch(t.Context(), own.ID); !credstore.IsProblem(err, credstore.ProblemReadOnly) {
		t.Fatalf("%v", err)
	}
	if string(load(t, l).Encode()) != before {
		t.Error("the active login has changed")
	}
	if err := os.Chmod(l.Home.AuthFile(), 0o600); err != nil {
		t.Fatal(err)
	}
	list, err := l.Accounts(t.Context())
	if err != nil || len(list.Entries) != 2 || list.Entries[0].ID != harbour.ID {
		t.Fatalf("%+v %v", list, err)
	}
	if _, err := l.Switch(t.Context(), own.ID); err != nil {
		t.Error(err)
	}
}
