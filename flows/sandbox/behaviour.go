package sandbox

import "time"

// Endpoint names one thing that a client can ask for. The token endpoint counts
// as three, by what is asked of it.
type Endpoint string

// The endpoints.
const (
	Authorize    Endpoint = "authorize"     // GET and POST /oauth/authorize
	CodeExchange Endpoint = "code-exchange" // POST /oauth/token, authorization_code
	KeyExchange  Endpoint = "key-exchange"  // POST /oauth/token, token exchange for an API key
	Refresh      Endpoint = "refresh"       // POST /oauth/token, refresh_token
	Revoke       Endpoint = "revoke"        // POST /oauth/revoke
	DeviceCode   Endpoint = "device-code"   // POST /api/accounts/deviceauth/usercode
	DevicePoll   Endpoint = "device-poll"   // POST /api/accounts/deviceauth/token
	DevicePage   Endpoint = "device-page"   // GET and POST /codex/device
	Whoami       Endpoint = "whoami"        // GET /api/accounts/v1/user-auth-credential/whoami
	Models       Endpoint = "models"        // GET /v1/models
	Backend      Endpoint = "backend"       // /backend-api/…
	Other        Endpoint = "other"
)

// TokenKind tells the two JSON Web Tokens of an answer apart.
type TokenKind string

// The kinds of token.
const (
	IDToken     TokenKind = "id"
	AccessToken TokenKind = "access"
)

// Behaviour is what the sandbox does otherwise than the real issuer in a good
// mood. The zero value, with the lifetimes of defaults, is the good mood.
// The Edit functions run on a request's goroutine and must not keep the map.
type Behaviour struct {
	// Faults answer in place of an endpoint, first to last.
	Faults map[Endpoint][]Fault
	// Latency holds an answer back.
	Latency map[Endpoint]time.Duration

	// Refuse, when set, ends every browser sign-in with this error instead of a
	// code, whatever the person presses.
	Refuse *Refusal
	// WorkspaceID is the workspace that tokens name, whatever was chosen.
	WorkspaceID string

	// DeviceDisabled answers 404 to a request for a device code.
	DeviceDisabled bool
	// DevicePending answers polls while the person has not decided.
	// Nil: 403 with the code deviceauth_authorization_pending.
	DevicePending *Fault
	// DeviceExpired answers polls after the code's time. Nil: 403 with the code
	// deviceauth_expired and the words of the real issuer.
	DeviceExpired *Fault
	// DeviceLifetime is how long a code lasts.
	DeviceLifetime time.Duration
	// EditDeviceCode changes the answer that carries a new code: device_auth_id,
	// user_code, interval ("5") and expires_at before it.
	EditDeviceCode func(answer map[string]any)
	// NewUserCode replaces the random code, shaped ABCD-12345.
	NewUserCode func() string

	// EditTokens changes the answer of the code exchange and of a refresh.
	EditTokens func(answer map[string]any)
	// EditClaims changes the claims of a token before it is signed.
	EditClaims func(kind TokenKind, claims map[string]any)
	// AccessLifetime and IDLifetime set exp; RefreshLifetime how long an unused
	// refresh token can be spent.
	AccessLifetime, IDLifetime, RefreshLifetime time.Duration
	// KeepRefreshToken answers a refresh without a new refresh token; the old
	// one can be used again.
	KeepRefreshToken bool
	// ReuseEndsSession makes the second use of a refresh token end the whole
	// session, as RFC 9700 §4.14.2 advises. The real issuer was seen to
	// refuse the second use only.
	ReuseEndsSession bool

	// EditWhoami changes the answer to a personal access token.
	EditWhoami func(answer map[string]any)
}

// Refusal is the error that a sign-in brings back to the callback.
type Refusal struct {
	Error       string // RFC 6749 §4.1.2.1
	Description string // left out when empty
}

// MissingEntitlement is what the issuer sends for a workspace without Codex.
func MissingEntitlement() *Refusal {
	return &Refusal{
		Error:       "access_denied",
		Description: "missing_codex_entitlement: this workspace does not include Codex",
	}
}

func defaults() Behaviour {
	return Behaviour{
		Faults:          map[Endpoint][]Fault{},
		Latency:         map[Endpoint]time.Duration{},
		DeviceLifetime:  15 * time.Minute,
		AccessLifetime:  10 * 24 * time.Hour,
		IDLifetime:      time.Hour,
		RefreshLifetime: 90 * 24 * time.Hour,
	}
}

// Inject puts faults in front of an endpoint, behind those already there.
func (b *Behaviour) Inject(e Endpoint, faults ...Fault) {
	if b.Faults == nil {
		b.Faults = map[Endpoint][]Fault{}
	}
	b.Faults[e] = append(b.Faults[e], faults...)
}

// Slow holds the endpoint's answers back by d.
func (b *Behaviour) Slow(e Endpoint, d time.Duration) {
	if b.Latency == nil {
		b.Latency = map[Endpoint]time.Duration{}
	}
	b.Latency[e] = d
}

// Heal removes every fault and latency.
func (b *Behaviour) Heal() {
	b.Faults, b.Latency = map[Endpoint][]Fault{}, map[Endpoint]time.Duration{}
}

// takeFault returns the fault that is due and counts it.
func (b *Behaviour) takeFault(e Endpoint) (Fault, bool) {
	queue := b.Faults[e]
	if len(queue) == 0 {
		return Fault{}, false
	}
	due := queue[0]
	switch {
	case due.times == 1:
		b.Faults[e] = queue[1:]
	case due.times > 1:
		// A copy, because the caller may have injected the slice elsewhere too.
		rest := append([]Fault(nil), queue...)
		rest[0].times--
		b.Faults[e] = rest
	}
	return due, true
}
