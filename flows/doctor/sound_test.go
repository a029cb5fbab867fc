package doctor

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"
)

// On a sound machine nothing is wrong, and each check says one thing.
func TestSound(t *testing.T) {
	w := newWard(t)
	r := w.examine()
	if r.Problems+r.Warnings+r.Notes > 0 || !r.Sound() || len(r.Fixes()) > 0 {
		t.Errorf("not sound:\n%s", text(r))
	}
	for _, row := range r.Rows {
		if row.State != Done || len(row.Findings) != 1 {
			t.Errorf("%s is %s with %d findings", row.Check, row.State, len(row.Findings))
		}
	}
}

// What can be said of a machine without its network is said.
func TestOffline(t *testing.T) {
	w := newWard(t)
	w.s.Offline = true
	w.server.Close()
	r := w.examine()
	if r.Problems+r.Warnings > 0 {
		t.Errorf("not sound:\n%s", text(r))
	}
	for _, code := range []string{"issuer.offline", "api.offline", "chatgpt.offline", "socket.offline"} {
		if f, ok := findings(r)[code]; !ok || f.Severity != Skipped {
			t.Errorf("no %s:\n%s", code, text(r))
		}
	}
}

// Every check and area has a name, short enough for its column.
func TestNames(t *testing.T) {
	for _, c := range checks {
		if title := Title(words, c.id); strings.Contains(title, "doctor.") || len(title) > 16 {
			t.Errorf("%s is called %q", c.id, title)
		}
		if title := Area(words, c.area); strings.Contains(title, "doctor.") {
			t.Errorf("%s is called %q", c.area, title)
		}
	}
}

// A check that does not come back is left behind, and that is what was found;
// the others are not kept waiting by it.
func TestNothingHangs(t *testing.T) {
	w := newWard(t)
	gone := make(chan struct{})
	t.Cleanup(func() { close(gone) })
	w.s.deadline = 100 * time.Millisecond
	w.s.LookPath = func(string) (string, error) { <-gone; return "", nil } // obeys no context
	e := New(w.open(), w.s)
	var told []string
	e.Run(t.Context(), func(r Row) { told = append(told, r.Check) })
	found := findings(e.Report())
	if f, ok := found["codex.late"]; !ok || f.Severity != Problem || !strings.Contains(f.Explain(words).Measured, "100 ms") {
		t.Errorf("it was not told:\n%s", text(e.Report()))
	}
	if _, ok := found["home.sound"]; !ok || len(told) != len(checks) {
		t.Errorf("%d of %d checks are over:\n%s", len(told), len(checks), text(e.Report()))
	}
}

// What is told comes in the order of the checks, whichever was faster.
func TestToldInOrder(t *testing.T) {
	w := newWard(t)
	e := New(w.open(), w.s)
	var told []string
	e.Run(t.Context(), func(r Row) { told = append(told, r.Check) })
	var want []string
	for _, c := range checks {
		want = append(want, c.id)
	}
	if !slices.Equal(told, want) {
		t.Errorf("%v", told)
	}
}

// A snapshot can be taken at any time, and Run ends with its context.
func TestProgressAndCancel(t *testing.T) {
	w := newWard(t)
	ctx, cancel := context.WithCancel(t.Context())
	w.s.Output = func(ctx context.Context, _ string, _ ...string) (string, error) {
		cancel()
		<-ctx.Done()
		return "", ctx.Err()
	}
	e := New(w.open(), w.s)
	for _, r := range e.Progress() {
		if r.State != Waiting {
			t.Errorf("%s is %s", r.Check, r.State)
		}
	}
	e.Run(ctx, nil)
	for _, r := range e.Progress() {
		if r.State != Done {
			t.Errorf("%s is %s", r.Check, r.State)
		}
	}
}

// A mistake in one check is said, and takes nothing else down.
func TestCrash(t *testing.T) {
	w := newWard(t)
	w.s.LookPath = func(string) (string, error) { panic("a mistake") }
	r := w.examine()
	if _, ok := findings(r)["codex.crashed"]; !ok || r.Problems != 1 {
		t.Errorf("it was not told:\n%s", text(r))
	}
}

// What it takes where nothing hangs: most of it is the requests.
func BenchmarkSound(b *testing.B) {
	w := newWard(b)
	for b.Loop() {
		if r := w.examine(); !r.Sound() {
			b.Fatal(text(r))
		}
	}
}
