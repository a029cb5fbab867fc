package flows

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"codex-login/assets/display"
	"codex-login/credstore"
	"codex-login/flows/loginlog"
	"codex-login/flows/network"
)

// The limits of a device code where the server does not say.
const (
	codeLifetime    = 15 * time.Minute // Codex's own limit
	maxLifetime     = time.Hour
	defaultInterval = 5 * time.Second
	minInterval     = time.Second
	maxInterval     = 5 * time.Minute // longer would be no polling
	maxBackOff      = time.Minute
	slowDownStep    = 5 * time.Second // RFC 8628 section 3.5
)

// Where device codes are switched on, which has to be done once.
const (
	PersonalSettings  = "https://chatgpt.com/#settings/Security"
	WorkspaceSettings = "https://chatgpt.com/admin/permissions"
)

// deviceFlow is OpenAI's device-code flow. It has the shape of RFC 8628 with
// other names, and ends with an authorization code instead of a token.
type deviceFlow struct {
	login     *Login
	challenge *Challenge
	deviceID  string // device_auth_id: not shown, since it stands for the device
	interval  time.Duration
	asked     repeats
	state     repeats
	cancel    context.CancelFunc
	done      context.Context
}

// userCode is the server's answer, in every spelling that was seen.
type userCode struct {
	DeviceAuthID string          `json:"device_auth_id"`
	UserCode     string          `json:"user_code"`
	Usercode     string          `json:"usercode"`
	Interval     json.RawMessage `json:"interval"`
	ExpiresIn    json.RawMessage `json:"expires_in"`
	ExpiresAt    json.RawMessage `json:"expires_at"`
	CompleteURI  string          `json:"verification_uri_complete"`
}

func (l *Login) beginDevice(ctx context.Context, r Request) (*Challenge, error) {
	a, err := l.postJSON(ctx, l.Issuer.userCodeURL(), false, struct {
		ClientID string `json:"client_id"`
	}{l.Issuer.ClientID})
	if err != nil {
		return nil, err
	}
	if a.status == http.StatusNotFound {
		return nil, ErrDeviceCodeDisabled
	}
	if !a.ok() {
		return nil, a.failure()
	}
	var u userCode
	if err := a.decode(&u); err != nil {
		return nil, err
	}
	if u.UserCode == "" {
		u.UserCode = u.Usercode
	}
	code := display.Line(u.UserCode, 40)
	if u.DeviceAuthID == "" || code == "" || code != u.UserCode {
		e := a.failure()
		e.Code, e.Detail = "invalid_answer", ""
		return nil, e
	}
	now := l.Clock.now()
	f := &deviceFlow{login: l, deviceID: u.DeviceAuthID, interval: intervalOf(u.Interval)}
	f.done, f.cancel = context.WithCancel(context.Background())
	c := &Challenge{
		Method: Device, URL: l.Issuer.devicePage(), UserCode: code,
		CompleteURL: l.sameOrigin(u.CompleteURI),
		// Without the monotonic clock, which stands still while the machine
		// sleeps and the code grows old.
		ExpiresAt: now.Add(lifetimeOf(u, a.header, now)).Round(0),
		login:     l, request: r, flow: f, open: l.Open,
	}
	f.challenge = c
	l.info(loginlog.DeviceCode, loginlog.Lasts("valid", c.ExpiresAt.Sub(now)), loginlog.Lasts("interval", f.interval))
	return c, nil
}

// sameOrigin passes a URL of the issuer and drops any other: a page that the
// person is told to trust must not come from elsewhere.
func (l *Login) sameOrigin(uri string) string {
	if uri != "" && strings.HasPrefix(uri, l.Issuer.base()+"/") && display.Line(uri, 2000) == uri && !strings.Contains(uri, " ") {
		return uri
	}
	return ""
}

// number reads a JSON number, or a string that holds one.
func number(raw json.RawMessage) (float64, bool) {
	text := strings.TrimSpace(strings.Trim(string(raw), `"`))
	n, err := strconv.ParseFloat(text, 64)
	return n, err == nil
}

func intervalOf(raw json.RawMessage) time.Duration {
	n, ok := number(raw)
	if !ok {
		return defaultInterval
	}
	return min(max(seconds(n), minInterval), maxInterval)
}

// seconds guards against numbers that no duration can hold.
func seconds(n float64) time.Duration {
	return time.Duration(min(max(n, 0), float64(24*time.Hour/time.Second)) * float64(time.Second))
}

// lifetimeOf is how long the code works. A point in time is measured against
// the server's own clock, because the one here may be wrong.
func lifetimeOf(u userCode, header http.Header, now time.Time) time.Duration {
	if n, ok := number(u.ExpiresIn); ok && n > 0 {
		return min(seconds(n), maxLifetime)
	}
	var until time.Time
	if n, ok := number(u.ExpiresAt); ok && n > 0 && n < 1e11 {
		until = time.Unix(int64(n), 0)
	} else if text, err := strconv.Unquote(string(u.ExpiresAt)); err == nil {
		until, _ = time.Parse(time.RFC3339, text)
	}
	if until.IsZero() {
		return codeLifetime
	}
	if server, err := http.ParseTime(header.Get("Date")); err == nil {
		now = server
	}
	if d := until.Sub(now); d > 0 {
		return min(d, maxLifetime)
	}
	return codeLifetime
}

// poll is what one question about the code brought.
type poll int

const (
	pollPending poll = iota
	pollGranted
	pollSlowDown
	pollTrouble // network or server; worth another try
)

// codeState is how a device code stands, as the log says it.
type codeState string

var pollNames = map[poll]codeState{pollPending: "pending", pollGranted: "granted", pollSlowDown: "slow_down", pollTrouble: "trouble"}

// await asks until the person has entered the code. Trouble is ridden out
// until the code expires: the person may have approved it already.
func (f *deviceFlow) await(ctx context.Context) (grant, error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	defer context.AfterFunc(f.done, stop)()
	interval, failures := f.interval, 0
	for {
		g, result, wait, err := f.ask(ctx)
		f.became(result, err)
		switch {
		case ctx.Err() != nil:
			return grant{}, ctx.Err()
		case result == pollTrouble:
			failures++
			f.note(NoteRetrying, err)
			wait = max(wait, backOff(interval, failures))
		case err != nil:
			return grant{}, err
		case result == pollGranted:
			f.note(NoteExchanging, nil)
			return g, nil
		default:
			if failures > 0 {
				failures = 0
				f.note(NoteRecovered, nil)
			}
			if result == pollSlowDown {
				interval += slowDownStep
				f.note(NoteSlowDown, nil)
			}
			wait = max(wait, interval)
		}
		left := f.challenge.ExpiresAt.Sub(f.login.Clock.now())
		if left <= 0 {
			return grant{}, ErrExpired
		}
		// The last question falls on the last moment, as in Codex.
		if err := f.login.Clock.wait(ctx, min(wait, left)); err != nil {
			return grant{}, err
		}
	}
}

// became takes down how the code stands, when that has changed.
func (f *deviceFlow) became(result poll, err error) {
	state := pollNames[result]
	if err != nil && result != pollTrouble {
		state = "ended"
	}
	if f.state.news(string(state)) {
		f.login.info(loginlog.DeviceCodeState, loginlog.Code("state", state))
	}
}

func (f *deviceFlow) note(code NoteCode, err error) {
	f.challenge.note(Note{Code: code, At: f.login.Clock.now(), Err: err})
}

// ask asks once.
func (f *deviceFlow) ask(ctx context.Context) (g grant, result poll, wait time.Duration, err error) {
	a, err := f.login.postJSON(ctx, f.login.Issuer.deviceTokenURL(), false, struct {
		DeviceAuthID string `json:"device_auth_id"`
		UserCode     string `json:"user_code"`
	}{f.deviceID, f.challenge.UserCode}, &f.asked)
	var unreachable *network.Error
	if errors.As(err, &unreachable) {
		return g, pollTrouble, 0, err
	}
	if err != nil {
		return g, pollPending, 0, err
	}
	if a.ok() {
		g, err = f.granted(a)
		return g, pollGranted, 0, err
	}
	result, err = classifyPoll(a)
	if result == pollTrouble || result == pollSlowDown {
		wait = retryAfter(a.header, f.login.Clock.now())
	}
	return g, result, wait, err
}

func (f *deviceFlow) granted(a answer) (grant, error) {
	var body struct {
		Code     string `json:"authorization_code"`
		Verifier string `json:"code_verifier"`
	}
	if err := a.decode(&body); err != nil {
		return grant{}, err
	}
	if body.Code == "" || body.Verifier == "" {
		e := a.failure()
		e.Code, e.Detail = "invalid_answer", ""
		return grant{}, e
	}
	return grant{code: body.Code, verifier: body.Verifier, redirectURI: f.login.Issuer.deviceRedirect()}, nil
}

// classifyPoll reads the status first where it tells of trouble on the way,
// whatever words came along, and the words before any other status: 403 and 404
// mean pending, denied and expired alike, and only the body tells which.
func classifyPoll(a answer) (poll, error) {
	e := a.failure()
	if isTrouble(a.status) {
		return pollTrouble, e
	}
	if b := barred(e); b != nil {
		return pollPending, b
	}
	// The code is for machines; the sentence only counts where it says nothing.
	for _, said := range []string{e.Code, e.Detail} {
		if result, known, err := pollWords(strings.ToLower(said), e); known {
			return result, err
		}
	}
	if a.status == http.StatusForbidden || a.status == http.StatusNotFound {
		return pollPending, nil
	}
	return pollPending, e
}

func pollWords(said string, e *ServerError) (result poll, known bool, err error) {
	switch {
	case strings.Contains(said, "pending"):
		return pollPending, true, nil
	case strings.Contains(said, "slow_down"):
		return pollSlowDown, true, nil
	case strings.Contains(said, "denied"), strings.Contains(said, "declined"):
		return pollPending, true, &DeniedError{Code: e.Code, Description: e.Detail}
	case strings.Contains(said, "expired"):
		return pollPending, true, ErrExpired
	}
	return pollPending, false, nil
}

func (f *deviceFlow) exchange(ctx context.Context, g grant) (identified, error) {
	return f.login.exchangeCode(ctx, f.challenge, g)
}

func (f *deviceFlow) enrich(context.Context, *credstore.Auth) {}
func (f *deviceFlow) settle(error)                            {}
func (f *deviceFlow) close()                                  { f.cancel() }
