package flows

import (
	"testing"
	"time"

	"codex-login/flows/network"
	"codex-login/flows/sandbox"
)

// Every wait says when it ends: by the time limit, with the code, or with the
// request for the tokens; and that nothing ends it.
func TestDeadline(t *testing.T) {
	s := startSandbox(t, sandbox.Options{})
	clock := &steppedClock{now: noon}
	l := newLogin(t, s)
	l.Clock = clock.clock()
	if c := begin(t, l, Request{Method: Browser}); !c.Deadline().IsZero() {
		t.Errorf("a browser without a limit is waited for until %v", c.Deadline())
	}
	code := begin(t, l, Request{Method: Device})
	if !code.Deadline().Equal(code.ExpiresAt) {
		t.Errorf("a code that works until %v, until %v", code.ExpiresAt, code.Deadline())
	}
	l.Timeout = time.Minute
	limited := begin(t, l, Request{Method: Browser})
	_, cancel := l.limited(t.Context(), limited)
	defer cancel()
	if want := noon.Add(time.Minute); !limited.Deadline().Equal(want) {
		t.Errorf("until %v, want %v", limited.Deadline(), want)
	}
	for _, step := range []struct {
		note Note
		want time.Time
	}{
		{Note{Code: NoteExchanging, At: noon.Add(10 * time.Second)}, noon.Add(10*time.Second + network.RequestLimit)},
		{Note{Code: NoteRetrying, At: noon.Add(20 * time.Second)}, noon.Add(10*time.Second + network.RequestLimit)},
		{Note{Code: NoteExchanging, At: noon.Add(50 * time.Second)}, noon.Add(time.Minute)}, // the limit comes first
		{Note{Code: NoteCodeRefused}, noon.Add(time.Minute)},
	} {
		limited.note(step.note)
		if !limited.Deadline().Equal(step.want) {
			t.Errorf("after %s: %v, want %v", step.note.Code, limited.Deadline(), step.want)
		}
	}
}
