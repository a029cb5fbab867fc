package plain

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"
	"time"

	"codex-login/assets"
	"codex-login/credstore"
	"codex-login/flows"
	"codex-login/policy"

	"github.com/charmbracelet/x/ansi"
)

// mina has one e-mail address in two workspaces, a key, and a session that is
// dead.
func mina() []flows.Entry {
	chatgpt := func(id, workspace, plan string) flows.Entry {
		a := someone
		a.Email, a.WorkspaceID, a.Plan = "mina@example.test", workspace, plan
		return flows.Entry{Account: a, ID: "chatgpt-" + id, Sessions: 1}
	}
	plus := chatgpt("0123456789abcdef", "6f2c1d0e-5a41-4c0b-9d57-1b7a6c3e0a11", "plus")
	plus.Active, plus.LastUsed = true, time.Date(2026, 11, 1, 8, 0, 0, 0, time.UTC)
	team := chatgpt("fedcba9876543210", "b3a9e7c4-08d2-4f6e-8c15-92d4f0e6b722", "business")
	team.Label = "work"
	team.Refused = &policy.Violation{Rule: policy.ForcedWorkspace, Demanded: []string{"ws-9"}, Source: policy.Source{File: "/etc/codex/managed_config.toml", Line: 3}}
	dead := chatgpt("aaaaaaaaaaaaaaaa", "d81f40a6-7be3-4a95-b0c8-3f5e2a9c7d33", "enterprise")
	dead.Email = "jonas@example.test"
	dead.Ended = &flows.SessionEndedError{Reason: flows.EndUsed, At: time.Date(2026, 11, 2, 8, 0, 0, 0, time.UTC)}
	key := flows.Entry{Account: flows.Account{Method: flows.AccountAPIKey, Mode: credstore.AuthAPIKey, KeyHint: "sk-proj-***abcde"}, ID: "apikey-bbbbbbbbbbbbbbbb", Sessions: 1}
	return []flows.Entry{plus, team, dead, key}
}

func linesInto(out, talk io.Writer) *Lines {
	return &Lines{Say: assets.Speak("en"), Out: out, Err: talk}
}

// objects are the JSON objects that say writes.
func objects(t *testing.T, say func(e *Events)) []map[string]any {
	t.Helper()
	var out bytes.Buffer
	say(&Events{Say: assets.Speak("en"), Out: &out})
	var all []map[string]any
	for line := range strings.Lines(out.String()) {
		var fields map[string]any
		if err := json.Unmarshal([]byte(line), &fields); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		if fields["schema"] != 1.0 {
			t.Errorf("no schema: %s", line)
		}
		all = append(all, fields)
	}
	return all
}

// The list is one account a line, with the same columns in each.
func TestAccountsAreATable(t *testing.T) {
	var out, talk bytes.Buffer
	linesInto(&out, &talk).Accounts(flows.Accounts{Entries: mina()}, nil)
	want := `* mina@example.test         plus 6f2c1d0e        in use          chatgpt-0123456789abcdef
  work (mina@example.test)  business b3a9e7c4    not allowed     chatgpt-fedcba9876543210
  jonas@example.test        enterprise d81f40a6  used elsewhere  chatgpt-aaaaaaaaaaaaaaaa
  sk-proj-***abcde          API key                              apikey-bbbbbbbbbbbbbbbb
`
	if out.String() != want {
		t.Errorf("it says\n%swant\n%s", out.String(), want)
	}
	if !strings.Contains(talk.String(), "One account is not allowed here: forced_chatgpt_workspace_id = ws-9 (/etc/codex/managed_config.toml:3).") {
		t.Errorf("the rule is not named: %s", talk.String())
	}
}

// On a terminal a line is no longer than the terminal is wide, whatever is in
// it, and the id is whole.
func TestTableFits(t *testing.T) {
	entries := mina()
	entries[1].Label = "日本語のとても長いラベルです、そうですね"
	entries[2].Email = "somebody.with.a.very.long.name@a-department.of-a-company.example.test"
	entries[3].Label = "bad\x1b[2J\u202e\nlabel"
	var out bytes.Buffer
	l := linesInto(&out, io.Discard)
	l.Width = 80
	l.Accounts(flows.Accounts{Entries: entries}, nil)
	lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	if len(lines) != len(entries) {
		t.Fatalf("%d lines:\n%s", len(lines), out.String())
	}
	for i, line := range lines {
		if w := ansi.StringWidth(line); w > 80 {
			t.Errorf("%d columns: %s", w, line)
		}
		if !strings.HasSuffix(line, "  "+entries[i].ID) {
			t.Errorf("the id is not whole: %s", line)
		}
		if strings.ContainsAny(line, "\x1b\u202e") {
			t.Errorf("%q", line)
		}
	}
	starts := map[int]bool{}
	for i, line := range lines {
		starts[ansi.StringWidth(strings.TrimSuffix(line, entries[i].ID))] = true
	}
	if len(starts) != 1 {
		t.Errorf("the ids begin in different columns:\n%s", out.String())
	}
}

func TestAccountsInJSON(t *testing.T) {
	entries := mina()
	checked := map[string]flows.Checked{
		entries[0].ID: {ID: entries[0].ID, Asked: true, Renewed: true},
		entries[2].ID: {ID: entries[2].ID, Asked: true, Err: flows.ErrTimedOut},
	}
	all := objects(t, func(e *Events) {
		e.Accounts(flows.Accounts{Entries: entries, Notes: []flows.Note{{Code: flows.NoteStoreConfigured}}}, checked)
		e.Accounts(flows.Accounts{}, nil)
	})
	rows := all[0]["accounts"].([]any)
	if len(rows) != 4 || len(all[0]["notes"].([]any)) != 1 {
		t.Fatalf("%v", all[0])
	}
	row := func(i int) map[string]any { return rows[i].(map[string]any) }
	for name, want := range map[string]any{
		"id": entries[0].ID, "label": nil, "active": true, "signed_in": true, "method": "chatgpt", "email": "mina@example.test",
		"workspace_id": entries[0].WorkspaceID, "plan": "plus", "last_used": "2026-11-01T08:00:00Z", "sessions": 1.0,
		"ended": nil, "refused": nil, "verified": map[string]any{"asked": true, "renewed": true, "error": nil},
	} {
		if got, there := row(0)[name]; !there || !reflect.DeepEqual(got, want) {
			t.Errorf("%s is %v, want %v", name, got, want)
		}
	}
	if got := row(1); got["label"] != "work" || got["active"] != false || got["verified"] != nil ||
		!reflect.DeepEqual(got["refused"], map[string]any{"rule": policy.ForcedWorkspace, "demanded": []any{"ws-9"}, "source": "/etc/codex/managed_config.toml:3", "found": nil, "effect": "", "spared_by": nil}) {
		t.Errorf("%v", got)
	}
	if got := row(2); !reflect.DeepEqual(got["ended"], map[string]any{"reason": "used_elsewhere", "at": "2026-11-02T08:00:00Z"}) ||
		got["verified"].(map[string]any)["error"].(map[string]any)["code"] != "expired" {
		t.Errorf("%v", got)
	}
	if none, ok := all[1]["accounts"].([]any); !ok || len(none) != 0 {
		t.Errorf("nobody is %v, not an empty list", all[1]["accounts"])
	}
}

func TestSwitched(t *testing.T) {
	entries := mina()
	entries[0].Active, entries[1].Active, entries[1].Refused = false, true, nil
	s := flows.Switched{
		Account: entries[1], Left: &entries[0], Changed: true,
		Holders: flows.Holders{Programs: []flows.Holder{
			{Kind: flows.HolderTUI, PID: 4711, Program: "codex", Since: entries[0].LastUsed},
			{Kind: flows.HolderIDE, PID: 4712, Program: "code\x1b[2J", Socket: "/run/user/1000/codex.sock"},
		}},
	}
	var out, talk bytes.Buffer
	l := linesInto(&out, &talk)
	l.Switched(s)
	if first, rest, _ := strings.Cut(out.String(), "\n"); rest != "" || !strings.HasPrefix(first, "In use now: work (mina@example.test), business b3a9e7c4") {
		t.Errorf("standard output: %q", out.String())
	}
	if text := talk.String(); !strings.Contains(text, "Left: mina@example.test, plus 6f2c1d0e. It is kept") || strings.Count(text, "\n- ") != 2 || strings.Contains(text, "\x1b") {
		t.Errorf("it says:\n%s", text)
	}
	talk.Reset()
	l.Switched(flows.Switched{Account: entries[0]})
	if !strings.Contains(talk.String(), "Nothing was changed") {
		t.Errorf("it says:\n%s", talk.String())
	}
	got := objects(t, func(e *Events) { e.Switched(s) })[0]
	if got["event"] != "switched" || got["changed"] != true || got["id"] != entries[1].ID || got["plan"] != "business" {
		t.Errorf("%v", got)
	}
	if left := got["left"].(map[string]any); left["plan"] != "plus" || left["active"] != false || left["id"] != entries[0].ID {
		t.Errorf("left: %v", left)
	}
	held := got["holders"].([]any)
	ide := held[1].(map[string]any)
	if len(held) != 2 || ide["kind"] != "ide" || ide["pid"] != 4712.0 || ide["since"] != nil || ide["socket"] == nil || ide["restart"] == "" || strings.Contains(fmt.Sprint(ide), "\x1b") {
		t.Errorf("holders: %v", held)
	}
	if unseen, ok := got["unseen"].([]any); !ok || len(unseen) != 0 {
		t.Errorf("unseen: %v", got["unseen"])
	}
}

// A name that means several accounts comes with all that tells them apart.
func TestAmbiguousName(t *testing.T) {
	err := &flows.AmbiguousError{Name: "mina", Matches: mina()[:2]}
	var talk bytes.Buffer
	linesInto(io.Discard, &talk).Failed(err)
	for _, e := range err.Matches {
		for _, part := range []string{e.ID, e.Email, e.WorkspaceID, e.Plan} {
			if !strings.Contains(talk.String(), part) {
				t.Errorf("%s is not named:\n%s", part, talk.String())
			}
		}
	}
	got := objects(t, func(e *Events) { e.Failed(err) })[0]
	if matches := got["matches"].([]any); len(matches) != 2 || matches[1].(map[string]any)["label"] != "work" {
		t.Errorf("%v", got)
	}
	var many flows.AmbiguousError
	for i := range 1000 {
		many.Matches = append(many.Matches, flows.Entry{ID: fmt.Sprint("chatgpt-", i)})
	}
	talk.Reset()
	linesInto(io.Discard, &talk).Failed(&many)
	if n := strings.Count(talk.String(), "\n"); n > 30 || !strings.Contains(talk.String(), "980 more") {
		t.Errorf("%d lines for a thousand", n)
	}
}
