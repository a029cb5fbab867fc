package plain

import (
	"bytes"
	"io"
	"reflect"
	"strings"
	"testing"

	"codex-login/assets"
	"codex-login/credstore"
	"codex-login/flows"
	"codex-login/policy"
)

// What each way of signing out does to the session elsewhere is said.
func TestWaysOfSigningOut(t *testing.T) {
	key := mina()[3].Account
	for name, test := range map[string]struct {
		out  flows.SignedOut
		said string
	}{
		"revoked":       {flows.SignedOut{Account: someone, Revoked: true, Forgotten: 1, Ended: 1}, "copies of it on other machines stop working"},
		"kept":          {flows.SignedOut{Account: someone, Forgotten: 1}, "copies of it on other machines go on working"},
		"not revoked":   {flows.SignedOut{Account: someone, Forgotten: 1, RevokeErr: flows.ErrTimedOut}, "could not be ended"},
		"a key":         {flows.SignedOut{Account: key, Forgotten: 1}, "The key or token itself goes on working"},
		"all":           {flows.SignedOut{Account: someone, Revoked: true, Forgotten: 7, Ended: 6, All: true}, "Copies of those sessions on other machines stop working"},
		"all kept":      {flows.SignedOut{Account: someone, Forgotten: 7, All: true}, "No session has been ended"},
		"all but a few": {flows.SignedOut{Account: someone, Forgotten: 7, Ended: 2, All: true, RevokeErr: flows.ErrTimedOut}, "Not every session"},
	} {
		var out, talk bytes.Buffer
		linesInto(&out, &talk).SignedOut(test.out, nil)
		if !strings.HasPrefix(out.String(), "Successfully logged out\n") || !strings.Contains(talk.String(), test.said) || !strings.Contains(talk.String(), "IDE extension") {
			t.Errorf("%s:\n%s%s", name, out.String(), talk.String())
		}
		if test.out.All && !strings.Contains(out.String(), "forgotten on this machine: 7") {
			t.Errorf("%s does not count: %s", name, out.String())
		}
		got := objects(t, func(e *Events) { e.SignedOut(test.out, nil) })[0]
		if got["forgotten"] != float64(test.out.Forgotten) || got["ended"] != float64(test.out.Ended) || got["all"] != test.out.All ||
			got["revoked"] != test.out.Revoked || (got["revoke_error"] != nil) != (test.out.RevokeErr != nil) || got["was_signed_in"] != true {
			t.Errorf("%s: %v", name, got)
		}
	}
	entry := mina()[0]
	var out, talk bytes.Buffer
	linesInto(&out, &talk).Forgotten(entry, flows.SignedOut{Account: entry.Account, Revoked: true, Forgotten: 1, Ended: 1}, nil)
	if !strings.HasPrefix(out.String(), "Forgotten: mina@example.test") || !strings.Contains(talk.String(), "stop working") || !strings.Contains(talk.String(), "account in use") {
		t.Errorf("%s%s", out.String(), talk.String())
	}
	got := objects(t, func(e *Events) { e.Forgotten(entry, flows.SignedOut{Revoked: true, Forgotten: 1, Ended: 1}, nil) })[0]
	if got["event"] != "forgotten" || got["id"] != entry.ID || got["was_active"] != true || got["ended"] != 1.0 {
		t.Errorf("%v", got)
	}
}

// Which credential a client uses is said where it is not the login, and the
// same warning once.
func TestStatusSaysWhoWins(t *testing.T) {
	s := Standing{Account: someone, ID: "chatgpt-0123456789abcdef", Label: "own", Wins: []flows.Winner{
		{Client: flows.ClientTUI, Source: flows.FromLogin},
		{Client: flows.ClientExec, Source: flows.FromEnvironment, Variable: "CODEX_API_KEY", KeyHint: "sk-proj-***abcde", BeatsLogin: true, Billed: true},
		{Client: flows.ClientAppServer, Source: flows.FromEnvironment, Variable: "CODEX_API_KEY", KeyHint: "sk-proj-***abcde", BeatsLogin: true, Billed: true},
	}}
	var out, talk bytes.Buffer
	linesInto(&out, &talk).Status(s)
	if text := out.String(); !strings.HasPrefix(text, "Logged in using ChatGPT\nLabel: own\n") || strings.Count(text, "CODEX_API_KEY") != 2 {
		t.Errorf("standard output:\n%s", text)
	}
	if warning := flows.WinnerWarning(assets.Speak("en"), s.Wins[1]); warning == "" || strings.Count(talk.String(), warning) < 1 {
		t.Errorf("it does not warn %q:\n%s", warning, talk.String())
	}
	got := objects(t, func(e *Events) { e.Status(s) })[0]
	wins := got["wins"].([]any)
	if got["id"] != s.ID || got["label"] != "own" || got["verified"] != nil || len(wins) != 3 {
		t.Fatalf("%v", got)
	}
	if want := map[string]any{
		"client": "codex exec", "source": "environment", "variable": "CODEX_API_KEY", "key": "sk-proj-***abcde", "beats_login": true, "billed": true,
	}; !reflect.DeepEqual(wins[1], want) {
		t.Errorf("%v", wins[1])
	}
	if want := map[string]any{
		"client": "codex", "source": "login", "variable": nil, "key": nil, "beats_login": false, "billed": false,
	}; !reflect.DeepEqual(wins[0], want) {
		t.Errorf("%v", wins[0])
	}
}

func TestStatusSaysWhatWasVerified(t *testing.T) {
	for name, test := range map[string]struct {
		c    flows.Checked
		said string
	}{
		"renewed":  {flows.Checked{Asked: true, Renewed: true}, "has been renewed"},
		"works":    {flows.Checked{Asked: true}, "The server accepts it"},
		"not due":  {flows.Checked{}, "not due"},
		"no anwer": {flows.Checked{Asked: true, Err: flows.ErrTimedOut}, "Error: "},
	} {
		var talk bytes.Buffer
		s := Standing{Account: someone, Checked: &test.c}
		linesInto(io.Discard, &talk).Status(s)
		if !strings.Contains(talk.String(), test.said) {
			t.Errorf("%s: %s", name, talk.String())
		}
		v := objects(t, func(e *Events) { e.Status(s) })[0]["verified"].(map[string]any)
		if v["asked"] != test.c.Asked || v["renewed"] != test.c.Renewed || (v["error"] != nil) != (test.c.Err != nil) {
			t.Errorf("%s: %v", name, v)
		}
	}
}

// After a sign-in there is a way back to the account before, unless its
// session has been ended.
func TestWayBack(t *testing.T) {
	for name, test := range map[string]struct {
		r    flows.Receipt
		p    previous
		said string
		back any
	}{
		"another account": {flows.Receipt{Account: someone, ID: "chatgpt-1", Back: "chatgpt-2", Previous: &someone}, previous{}, "Kept: ann@example.test. codex-login switch - goes back to it.", "chatgpt-2"},
		"a key":           {flows.Receipt{Account: someone, ID: "chatgpt-1", Back: "apikey-2"}, previous{}, "Kept: apikey-2. codex-login switch - goes back to it.", "apikey-2"},
		"revoked":         {flows.Receipt{Account: someone, ID: "chatgpt-1", Back: "chatgpt-2", Previous: &someone}, previous{asked: true}, "has been ended", nil},
		"the same":        {flows.Receipt{Account: someone, ID: "chatgpt-1", Previous: &someone}, previous{}, "The earlier session of ann@example.test is kept", nil},
	} {
		var talk bytes.Buffer
		linesInto(io.Discard, &talk).result(test.r, test.p)
		if !strings.Contains(talk.String(), test.said) || strings.Contains(talk.String(), "switch -") != (test.back != nil) {
			t.Errorf("%s:\n%s", name, talk.String())
		}
		if got := objects(t, func(e *Events) { e.result(test.r, test.p) })[0]; got["id"] != "chatgpt-1" || got["back"] != test.back {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestStores(t *testing.T) {
	pin := policy.Source{File: "/etc/codex/requirements.toml", Line: 2}
	places := []flows.StoreChoice{
		{Mode: credstore.ModeFile, Where: "/home/x/.codex/auth.json", Configured: true},
		{Mode: credstore.ModeKeyring, Where: "Codex Auth / cli|0", Problem: &credstore.Error{Problem: credstore.ProblemUnavailable, Op: "read"}},
		{Mode: credstore.ModeAuto, Pinned: &pin},
	}
	var out bytes.Buffer
	linesInto(&out, io.Discard).Stores(places)
	lines := strings.Split(out.String(), "\n")
	if !strings.HasPrefix(lines[0], "* file       ") || !strings.HasPrefix(lines[1], "  keyring    ") || !strings.Contains(lines[1], "cannot be used") || !strings.Contains(lines[2], pin.String()) {
		t.Errorf("%s", out.String())
	}
	got := objects(t, func(e *Events) {
		e.Stores(places)
		e.Moved(flows.Moved{From: credstore.ModeFile, To: credstore.ModeKeyring, Accounts: 3, Account: &someone})
	})
	all := got[0]["stores"].([]any)
	file, ring, auto := all[0].(map[string]any), all[1].(map[string]any), all[2].(map[string]any)
	if file["configured"] != true || file["usable"] != true || ring["usable"] != false || ring["problem"] == nil || auto["pinned"] != pin.String() || auto["where"] != nil {
		t.Errorf("%v", all)
	}
	if m := got[1]; m["event"] != "moved" || m["from"] != "file" || m["to"] != "keyring" || m["accounts"] != 3.0 || m["account"].(map[string]any)["signed_in"] != true {
		t.Errorf("%v", m)
	}
}
