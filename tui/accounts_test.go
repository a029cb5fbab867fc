package tui

import (
	"errors"
	"strings"
	"testing"

	"codex-login/flows"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"
)

// rootWith is a wizard that opens on a book.
func rootWith(t *testing.T, e *env, entries []flows.Entry) root {
	t.Helper()
	r := newRoot(e, "", e.login.Mode(), func(p any) { t.Fatal(p) })
	r, _ = r.update(tea.WindowSizeMsg{Width: 80, Height: 24})
	r, _ = r.update(checkedMsg{account: entries[0].Account, listing: listing{Accounts: flows.Accounts{Entries: entries}}})
	if _, ok := r.top().(accounts); !ok {
		t.Fatalf("it opens on %T", r.top())
	}
	return r
}

// TestRefusedAccountShowsTheRule and changes nothing.
func TestRefusedAccountShowsTheRule(t *testing.T) {
	r := rootWith(t, testEnv(t), entriesOf(ordinary))
	for range 3 {
		r, _ = r.update(press("down"))
	}
	r, cmd := r.update(press("enter"))
	s, ok := r.top().(refused)
	if !ok || cmd == nil {
		t.Fatalf("enter leads to %T", r.top())
	}
	if view := s.View(76, 19); !strings.Contains(view, "forced_chatgpt_workspace_id") || !strings.Contains(view, "Nothing was changed") {
		t.Errorf("the rule is not shown:\n%s", view)
	}
	r, _ = r.update(awakeMsg{r.shown})
	r, _ = r.update(press("esc"))
	if a, ok := r.top().(accounts); !ok || a.row != 3 {
		t.Errorf("esc leads to %T", r.top())
	}
}

// TestEndedWhileSwitching: an account that turns out to be dead is shown as
// such, and enter is to sign in again then.
func TestEndedWhileSwitching(t *testing.T) {
	r := rootWith(t, testEnv(t), entriesOf(ordinary))
	r, _ = r.update(press("down"))
	r, cmd := r.update(press("enter"))
	s := r.top().(accounts)
	if cmd == nil || s.target == "" || !strings.Contains(r.View(), "switching") {
		t.Fatalf("enter does not switch:\n%s", r.View())
	}
	late := switchedMsg{attempt: s.act.id - 1, err: errors.New("late")}
	if r, _ = r.update(late); r.top().(accounts).target == "" {
		t.Error("a late answer ended the switch")
	}
	r, _ = r.update(switchedMsg{attempt: s.act.id, err: &flows.SessionEndedError{Reason: flows.EndRevoked, At: noon}})
	if view := ansi.Strip(r.View()); !strings.Contains(view, "signed out") || !strings.Contains(view, "enter sign in again") {
		t.Errorf("the account is not shown as ended:\n%s", r.View())
	}
}

// TestSwitchFails: the reason is read, and the list is as before.
func TestSwitchFails(t *testing.T) {
	r := rootWith(t, testEnv(t), entriesOf(ordinary))
	r, _ = r.update(press("down"))
	r, _ = r.update(press("enter"))
	r, _ = r.update(switchedMsg{attempt: r.top().(accounts).act.id, err: broken(ordinary)})
	if _, ok := r.top().(trouble); !ok || !strings.Contains(r.View(), "Nothing was changed") {
		t.Fatalf("the screen is %T:\n%s", r.top(), r.View())
	}
	r, _ = r.update(awakeMsg{r.shown})
	r, _ = r.update(press("enter"))
	if s, ok := r.top().(accounts); !ok || !s.idle() || s.row != 1 {
		t.Errorf("back at %T", r.top())
	}
	r, _ = r.update(press("esc"))
	if !r.leave || r.err != nil {
		t.Errorf("leave %v, err %v", r.leave, r.err)
	}
}

// TestSwitchedIsToldLast: leaving after a switch is no cancellation, also when
// nobody was signed in at the start.
func TestSwitchedIsToldLast(t *testing.T) {
	e := testEnv(t)
	book := entriesOf(ordinary)
	book[0].Active = false
	r := newRoot(e, "", e.login.Mode(), nil)
	r, _ = r.update(checkedMsg{err: ruleOf(ordinary), listing: listing{Accounts: flows.Accounts{Entries: book}}})
	if s, ok := r.top().(refused); !ok || s.others != 4 {
		t.Fatalf("it opens on %T", r.top())
	}
	r, _ = r.update(awakeMsg{r.shown})
	r, _ = r.update(press("a"))
	s := r.top().(accounts)
	r, _ = r.update(listedMsg{s.try.id, listing{Accounts: flows.Accounts{Entries: book}}})
	left, _ := r.update(press("esc"))
	if !left.leave || violation(t, left.err).Rule == "" {
		t.Errorf("without a switch it ends with %v", left.err)
	}
	r, _ = r.update(press("down"))
	r, _ = r.update(press("enter"))
	r, _ = r.update(switchedMsg{attempt: r.top().(accounts).act.id, now: isSwitched{switched: flows.Switched{Account: book[1], Changed: true}}})
	if _, ok := r.top().(switched); !ok {
		t.Fatalf("the screen is %T", r.top())
	}
	r, _ = r.update(awakeMsg{r.shown})
	r, _ = r.update(press("enter"))
	if !r.leave || r.err != nil {
		t.Errorf("leave %v, err %v", r.leave, r.err)
	}
}

// TestDueIsRenewed: a few at a time, each shown, and a late answer dropped.
func TestDueIsRenewed(t *testing.T) {
	e := testEnv(t)
	book := crowd(11)
	for i := range book {
		book[i].ExpiresAt = noon.Add(-1)
	}
	book[3].Ended = &flows.SessionEndedError{Reason: flows.EndExpired}
	r := rootWith(t, e, book)
	asked := 0
	for {
		s := r.top().(accounts)
		if len(s.checking) == 0 {
			break
		}
		if len(s.checking) > atOnce || s.checking[book[3].ID] || !strings.Contains(r.View(), "checking") && asked < 8 {
			t.Fatalf("looking at %v:\n%s", s.checking, r.View())
		}
		stale := verifiedMsg{attempt: s.try.id - 1, checked: []flows.Checked{{ID: book[0].ID, Err: &flows.SessionEndedError{Reason: flows.EndUsed}}}}
		if next, cmd := r.update(stale); cmd != nil && next.top().(accounts).list != s.list {
			t.Fatal("a late answer changed the list")
		}
		var out []flows.Checked
		for id := range s.checking {
			asked++
			out = append(out, flows.Checked{ID: id, Err: &flows.SessionEndedError{Reason: flows.EndExpired}})
		}
		r, _ = r.update(verifiedMsg{attempt: s.try.id, checked: out})
	}
	if asked != 10 {
		t.Errorf("%d were looked at, want 10", asked)
	}
	for _, a := range r.top().(accounts).list.entries {
		if a.Ended == nil {
			t.Errorf("%s is not shown as ended", a.ID)
		}
	}
}

// TestSignedInAgain: the list is read anew, and the account is alive.
func TestSignedInAgain(t *testing.T) {
	book := entriesOf(ordinary)
	r := rootWith(t, testEnv(t), book)
	r, _ = r.update(press("down"))
	r, _ = r.update(press("down"))
	r, _ = r.update(finishedMsg{attempt: 99, receipt: flows.Receipt{Account: book[2].Account, ID: book[2].ID, Back: book[0].ID}})
	r, _ = r.update(awakeMsg{r.shown})
	r, _ = r.update(press("a"))
	s := r.top().(accounts)
	book[0].Active, book[2].Active, book[2].Ended = false, true, nil
	r, _ = r.update(listedMsg{s.try.id - 1, listing{Accounts: flows.Accounts{Entries: book[:1]}}})
	if r.top().(accounts).list != nil {
		t.Fatal("a late list is shown")
	}
	r, _ = r.update(listedMsg{s.try.id, listing{Accounts: flows.Accounts{Entries: book}}})
	if view := ansi.Strip(r.View()); strings.Contains(view, "used elsewhere") || !strings.Contains(view, "in use") {
		t.Errorf("the account is still dead:\n%s", view)
	}
}

// TestEmptyBookAsksHowToSignIn.
func TestEmptyBookAsksHowToSignIn(t *testing.T) {
	r := rootWith(t, testEnv(t), entriesOf(ordinary))
	r, _ = r.route(wantAccounts{})
	r, _ = r.update(listedMsg{r.top().(accounts).try.id, listing{}})
	if _, ok := r.top().(picker); !ok || len(r.stack) != 1 {
		t.Errorf("the screen is %T", r.top())
	}
}

// TestEndedKeyIsPastedAgain: what is dead is signed in to in its own way.
func TestEndedKeyIsPastedAgain(t *testing.T) {
	r := rootWith(t, testEnv(t), entriesOf(ordinary))
	for range 4 {
		r, _ = r.update(press("down"))
	}
	r, cmd := r.update(press("ctrl+t"))
	s := r.top().(accounts)
	a, _ := s.selected()
	if cmd == nil || !s.checking[a.ID] {
		t.Fatal("ctrl+t does not check")
	}
	refused := flows.Checked{ID: a.ID, Account: a.Account, Asked: true, Err: &flows.SessionEndedError{Reason: flows.EndRejected, At: noon}}
	r, say := r.update(verifiedMsg{attempt: s.try.id, checked: []flows.Checked{refused}, asked: a.ID})
	if msg, ok := say().(saidMsg); !ok || !strings.Contains(msg.text, "does not accept it") {
		t.Errorf("it says %v", msg)
	}
	if view := ansi.Strip(r.View()); !strings.Contains(view, "not accepted") {
		t.Errorf("the key is not shown as dead:\n%s", view)
	}
	r, _ = r.update(press("enter"))
	if k, ok := r.top().(secret); !ok || k.words != "key" {
		t.Errorf("enter leads to %T", r.top())
	}
}
