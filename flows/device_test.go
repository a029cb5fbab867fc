package flows

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"codex-login/flows/sandbox"
)

func TestDeviceSignIn(t *testing.T) {
	s := startSandbox(t, sandbox.Options{})
	l := newLogin(t, s)
	c := begin(t, l, Request{Method: Device})
	if c.URL != s.URL()+"/codex/device" || c.UserCode == "" || c.ExpiresAt.IsZero() {
		t.Fatalf("challenge: %+v", c.URL)
	}
	if err := s.ApproveDevice(t.Context(), c.UserCode, sandbox.MinaHarbour); err != nil {
		t.Fatal(err)
	}
	r, err := l.Finish(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	if r.Account.Email != sandbox.MinaHarbour.Person || r.Account.WorkspaceID != sandbox.HarbourID || r.Account.Plan != "business" {
		t.Errorf("account: %+v", r.Account)
	}
	a := load(t, l)
	if a.APIKey != nil {
		t.Error("the device flow got an API key; Codex's gets none")
	}
	if a.Tokens.AccountID != sandbox.HarbourID || len(a.Tokens.LoginOwnerID) != 43 || a.Tokens.Provenance.Issuer != s.URL() {
		t.Errorf("tokens: account %q, owner %d characters, provenance %v", a.Tokens.AccountID, len(a.Tokens.LoginOwnerID), a.Tokens.Provenance)
	}
}

// ridden runs a device sign-in on stepped time: fault answers the polls, and
// the person approves after the given number of waits.
func ridden(t *testing.T, approveAt int, setup func(*sandbox.Behaviour)) (*Challenge, *steppedClock, error) {
	t.Helper()
	clock := &steppedClock{now: time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)}
	s := startSandbox(t, sandbox.Options{Now: clock.clock().Time, Setup: setup})
	l := newLogin(t, s)
	l.Clock = clock.clock()
	c := begin(t, l, Request{Method: Device})
	clock.after = func(step int) {
		if step == approveAt {
			if err := s.ApproveDevice(context.Background(), c.UserCode, sandbox.MinaPlus); err != nil {
				t.Errorf("approve: %v", err)
			}
		}
		if step > 2000 {
			panic("the polling does not end")
		}
	}
	_, err := l.Finish(t.Context(), c)
	return c, clock, err
}

func TestDeviceTroubleIsRiddenOut(t *testing.T) {
	for name, test := range map[string]struct {
		setup func(*sandbox.Behaviour)
		note  NoteCode
	}{
		"bare 403 is pending": {setup: func(b *sandbox.Behaviour) { f := sandbox.Status(403, ""); b.DevicePending = &f }},
		"bare 404 is pending": {setup: func(b *sandbox.Behaviour) { f := sandbox.Status(404, ""); b.DevicePending = &f }},
		"500":                 {func(b *sandbox.Behaviour) { b.Inject(sandbox.DevicePoll, sandbox.Status(500, "").First(3)) }, NoteRetrying},
		"429":                 {func(b *sandbox.Behaviour) { b.Inject(sandbox.DevicePoll, sandbox.Status(429, "").First(2)) }, NoteRetrying},
		"dropped connection":  {func(b *sandbox.Behaviour) { b.Inject(sandbox.DevicePoll, sandbox.Drop().First(2)) }, NoteRetrying},
		"slow_down": {func(b *sandbox.Behaviour) {
			b.Inject(sandbox.DevicePoll, sandbox.Status(400, `{"error":"slow_down"}`).First(1))
		}, NoteSlowDown},
	} {
		t.Run(name, func(t *testing.T) {
			c, _, err := ridden(t, 4, test.setup)
			if err != nil {
				t.Fatal(err)
			}
			if test.note != "" && !noted(c, test.note) {
				t.Errorf("nothing was said; notes: %v", c.Notes())
			}
		})
	}
}

func TestDeviceSlowDownLengthensTheInterval(t *testing.T) {
	_, clock, err := ridden(t, 3, func(b *sandbox.Behaviour) {
		b.Inject(sandbox.DevicePoll, sandbox.Status(400, `{"error":"slow_down"}`).First(1))
	})
	if err != nil {
		t.Fatal(err)
	}
	if clock.waits[0] != 10*time.Second || clock.waits[1] != 10*time.Second {
		t.Errorf("waits: %v", clock.waits)
	}
}

func TestDeviceHonoursRetryAfter(t *testing.T) {
	_, clock, err := ridden(t, 2, func(b *sandbox.Behaviour) {
		b.Inject(sandbox.DevicePoll, sandbox.TooMany("90").First(1))
	})
	if err != nil {
		t.Fatal(err)
	}
	if clock.waits[0] < 90*time.Second {
		t.Errorf("asked again after %v", clock.waits[0])
	}
}

// A busy server's own words must not make it be asked sooner than it wants.
func TestDeviceBusyServerThatSaysPending(t *testing.T) {
	_, clock, err := ridden(t, 2, func(b *sandbox.Behaviour) {
		b.Inject(sandbox.DevicePoll, sandbox.Respond(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "90")
			http.Error(w, `{"error":"pending"}`, http.StatusTooManyRequests)
		}).First(1))
	})
	if err != nil {
		t.Fatal(err)
	}
	if clock.waits[0] < 90*time.Second {
		t.Errorf("asked again after %v", clock.waits[0])
	}
}

// An interval that the server chose is kept, however long.
func TestDeviceLongIntervalAndSlowDown(t *testing.T) {
	_, clock, err := ridden(t, 2, func(b *sandbox.Behaviour) {
		b.EditDeviceCode = func(a map[string]any) { delete(a, "expires_at"); a["interval"] = 300 }
		b.Inject(sandbox.DevicePoll, sandbox.SlowDown().First(1))
	})
	if err != nil {
		t.Fatal(err)
	}
	if clock.waits[0] != 305*time.Second {
		t.Errorf("waits: %v", clock.waits)
	}
}

// A reading of the monotonic clock stands still while the machine sleeps.
func TestDeviceExpiryIsByTheWall(t *testing.T) {
	c := begin(t, newLogin(t, startSandbox(t, sandbox.Options{})), Request{Method: Device})
	if strings.Contains(c.ExpiresAt.String(), "m=") {
		t.Errorf("%v", c.ExpiresAt)
	}
}

func TestDeviceEnds(t *testing.T) {
	for name, test := range map[string]struct {
		setup func(*sandbox.Behaviour)
		want  error
	}{
		"expired by the clock": {want: ErrExpired},
		"expired in the body of a 403": {setup: func(b *sandbox.Behaviour) {
			b.Inject(sandbox.DevicePoll, sandbox.Status(403, `{"error":{"message":"Device authorization code has expired"}}`).First(1))
		}, want: ErrExpired},
		"denied": {setup: func(b *sandbox.Behaviour) {
			b.Inject(sandbox.DevicePoll, sandbox.Status(403, `{"error":{"code":"access_denied"}}`).First(1))
		}, want: ErrDenied},
		"offline to the end": {setup: func(b *sandbox.Behaviour) {
			// The stepped time is not the one in the answers' Date header.
			b.EditDeviceCode = func(a map[string]any) { delete(a, "expires_at") }
			b.Inject(sandbox.DevicePoll, sandbox.Drop().First(1000))
		}, want: ErrExpired},
	} {
		t.Run(name, func(t *testing.T) {
			_, clock, err := ridden(t, -1, test.setup)
			if !errors.Is(err, test.want) {
				t.Errorf("got %v", err)
			}
			var total time.Duration
			for _, w := range clock.waits {
				total += w
			}
			if total > 15*time.Minute {
				t.Errorf("waited %v beyond the code's life", total)
			}
		})
	}
}

func TestDeviceRequestVariants(t *testing.T) {
	for name, test := range map[string]struct {
		edit     func(map[string]any)
		interval time.Duration
		lifetime time.Duration
		complete bool
	}{
		"usercode": {edit: func(a map[string]any) { a["usercode"] = a["user_code"]; delete(a, "user_code") }, interval: 5 * time.Second},
		"number":   {edit: func(a map[string]any) { a["interval"] = 7 }, interval: 7 * time.Second},
		"text":     {edit: func(a map[string]any) { a["interval"] = " 3 " }, interval: 3 * time.Second},
		"missing":  {edit: func(a map[string]any) { delete(a, "interval") }, interval: 5 * time.Second},
		"zero":     {edit: func(a map[string]any) { a["interval"] = 0 }, interval: time.Second},
		"absurd":   {edit: func(a map[string]any) { a["interval"] = 1e300 }, interval: 5 * time.Minute},
		"slow":     {edit: func(a map[string]any) { a["interval"] = 90 }, interval: 90 * time.Second},
		"negative": {edit: func(a map[string]any) { a["interval"] = -5 }, interval: time.Second},
		"expires_in": {
			edit: func(a map[string]any) { delete(a, "expires_at"); a["expires_in"] = "120" }, interval: 5 * time.Second,
			lifetime: 2 * time.Minute,
		},
		"nothing about expiry": {edit: func(a map[string]any) { delete(a, "expires_at") }, interval: 5 * time.Second, lifetime: 15 * time.Minute},
		"past expiry":          {edit: func(a map[string]any) { a["expires_at"] = "2001-01-01T00:00:00Z" }, interval: 5 * time.Second, lifetime: 15 * time.Minute},
		"complete":             {edit: func(a map[string]any) { a["verification_uri_complete"] = "{issuer}/codex/device?user_code=X" }, interval: 5 * time.Second, complete: true},
	} {
		t.Run(name, func(t *testing.T) {
			s := startSandbox(t, sandbox.Options{})
			s.Set(func(b *sandbox.Behaviour) {
				b.EditDeviceCode = func(a map[string]any) {
					test.edit(a)
					if u, ok := a["verification_uri_complete"].(string); ok {
						a["verification_uri_complete"] = strings.Replace(u, "{issuer}", s.URL(), 1)
					}
				}
			})
			l := newLogin(t, s)
			now := time.Now()
			l.Clock.Time = func() time.Time { return now }
			c := begin(t, l, Request{Method: Device})
			if got := c.flow.(*deviceFlow).interval; got != test.interval {
				t.Errorf("interval %v, want %v", got, test.interval)
			}
			if got := c.ExpiresAt.Sub(now); test.lifetime != 0 && got != test.lifetime {
				t.Errorf("lifetime %v, want %v", got, test.lifetime)
			}
			if (c.CompleteURL != "") != test.complete {
				t.Errorf("complete URL %q", c.CompleteURL)
			}
		})
	}
}

func TestDeviceForeignCompleteURLIsDropped(t *testing.T) {
	s := startSandbox(t, sandbox.Options{Setup: func(b *sandbox.Behaviour) {
		b.EditDeviceCode = func(a map[string]any) { a["verification_uri_complete"] = "https://evil.test/codex/device?c=1" }
	}})
	c := begin(t, newLogin(t, s), Request{Method: Device})
	if c.CompleteURL != "" || c.ScanURL() != s.URL()+"/codex/device" {
		t.Errorf("ScanURL %q", c.ScanURL())
	}
}

// A code with a terminal escape in it must not be shown, and cutting the
// escape out would show a code that is none.
func TestDeviceHostileCodeIsRefused(t *testing.T) {
	s := startSandbox(t, sandbox.Options{Setup: func(b *sandbox.Behaviour) {
		b.EditDeviceCode = func(a map[string]any) { a["user_code"] = "AB\x1b[2JCD-1" }
	}})
	_, err := newLogin(t, s).Begin(t.Context(), Request{Method: Device})
	var server *ServerError
	if !errors.As(err, &server) {
		t.Errorf("got %v", err)
	}
}

func TestDeviceDisabledFallsBackToTheBrowser(t *testing.T) {
	s := startSandbox(t, sandbox.Options{Setup: func(b *sandbox.Behaviour) { b.DeviceDisabled = true }})
	c := begin(t, newLogin(t, s), Request{Method: Device})
	if c.Method != Browser || !noted(c, NoteDeviceCodeDisabled) {
		t.Errorf("method %s, notes %v", c.Method, c.Notes())
	}
}

func TestClassifyPoll(t *testing.T) {
	for _, test := range []struct {
		status int
		body   string
		result poll
		err    bool
	}{
		{403, ``, pollPending, false},
		{404, `<html>not found</html>`, pollPending, false},
		{403, `{"error":{"code":"deviceauth_authorization_pending"}}`, pollPending, false},
		{403, `{"error":{"code":"deviceauth_expired"}}`, pollPending, true},
		{403, `{"error":"access_denied"}`, pollPending, true},
		{400, `{"error":"authorization_pending"}`, pollPending, false},
		{400, `{"error":"nonsense"}`, pollPending, true},
		{502, `<html>bad gateway</html>`, pollTrouble, true},
		{408, ``, pollTrouble, true},
		{401, ``, pollPending, true},
		// Trouble on the way, whatever words came along.
		{503, `certificate has expired`, pollTrouble, true},
		{502, `{"error":"access_denied"}`, pollTrouble, true},
		{408, `pending`, pollTrouble, true},
		{429, `{"error":{"message":"too many pending requests"}}`, pollTrouble, true},
		// The code for machines before the sentence.
		{403, `{"error":{"code":"deviceauth_expired","message":"no longer pending"}}`, pollPending, true},
		{403, `{"error":{"code":"authorization_pending","message":"not denied yet"}}`, pollPending, false},
		{403, `{"error":{"code":"forbidden","message":"The code has expired"}}`, pollPending, true},
	} {
		got, err := classifyPoll(answer{status: test.status, body: []byte(test.body), header: http.Header{}})
		if got != test.result || (err != nil) != test.err {
			t.Errorf("%d %s: %v, %v", test.status, test.body, got, err)
		}
	}
}

func FuzzDeviceAnswer(f *testing.F) {
	f.Add([]byte(`{"device_auth_id":"d","user_code":"AB-1","interval":"5","expires_at":"2030-01-01T00:00:00Z"}`))
	f.Add([]byte(`{"interval":1e999,"expires_in":-1,"expires_at":{}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		var u userCode
		if json.Unmarshal(body, &u) != nil {
			return
		}
		if d := intervalOf(u.Interval); d < minInterval || d > maxInterval {
			t.Errorf("interval %v", d)
		}
		if d := lifetimeOf(u, http.Header{}, time.Now()); d <= 0 || d > maxLifetime {
			t.Errorf("lifetime %v", d)
		}
	})
}

func FuzzErrorDetail(f *testing.F) {
	f.Add([]byte(`{"error":{"code":"x","message":"\u001b[31mred"}}`))
	f.Add([]byte("plain \x1b]0;title\x07 text"))
	f.Fuzz(func(t *testing.T, body []byte) {
		code, detail := errorDetail(body)
		for _, s := range []string{code, detail} {
			if strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 }) {
				t.Errorf("control characters in %q", s)
			}
		}
	})
}
