package sandbox

import (
	"crypto/rand"
	"crypto/sha256"
	"math/big"
	"net/http"
	"strings"
	"time"
)

type deviceState int

const (
	deviceWaiting deviceState = iota
	deviceApproved
	deviceDenied
	deviceSpent // its authorization code was exchanged
)

// device is one device code.
type device struct {
	id       string
	userCode string // as the client got it
	clientID string
	expires  time.Time
	state    deviceState
	// Set by the approval. The issuer, not the client, makes the PKCE pair on
	// this wire.
	grantCode, challenge, verifier string
}

// plainCode is what two spellings of the same user code share.
func plainCode(code string) string {
	return strings.ToUpper(strings.Map(func(r rune) rune {
		if r == '-' || r == ' ' || r == '\u2010' || r == '\u2013' || r == '\t' {
			return -1
		}
		return r
	}, code))
}

// newUserCode has four letters and five digits, none easily mistaken.
func newUserCode() string {
	pick := func(alphabet string, n int) string {
		var b strings.Builder
		for range n {
			i, _ := rand.Int(rand.Reader, big.NewInt(int64(len(alphabet))))
			b.WriteByte(alphabet[i.Int64()])
		}
		return b.String()
	}
	return pick("BCDFGHJKLMNPQRSTVWXZ", 4) + "-" + pick("0123456789", 5)
}

// deviceCode is the request for a new code.
func (s *Server) deviceCode(w http.ResponseWriter, r *http.Request) {
	form, b := fieldsOf(r), s.mood()
	if b.DeviceDisabled {
		notFound(w, r)
		return
	}
	if form.Get("client_id") != s.clientID {
		writeError(w, http.StatusUnauthorized, "invalid_client", "The client is not known.")
		return
	}
	d := &device{
		id: "deviceauth_" + random(24), userCode: newUserCode(), clientID: s.clientID,
		expires: s.now().Add(b.DeviceLifetime),
	}
	if b.NewUserCode != nil {
		d.userCode = b.NewUserCode()
	}
	answer := map[string]any{
		"device_auth_id": d.id, "user_code": d.userCode, "interval": "5",
		"expires_at": d.expires.UTC().Format(time.RFC3339),
	}
	if b.EditDeviceCode != nil {
		b.EditDeviceCode(answer)
	}
	s.mu.Lock()
	s.devices[d.id] = d
	s.mu.Unlock()
	writeJSON(w, http.StatusOK, answer)
}

// devicePoll is a client asking whether the person has decided. The same answer
// is given until its code is exchanged, because an answer can get lost.
func (s *Server) devicePoll(w http.ResponseWriter, r *http.Request) {
	form, b := fieldsOf(r), s.mood()
	s.mu.Lock()
	var d device
	found, known := s.devices[form.Get("device_auth_id")]
	if known {
		d = *found
	}
	s.mu.Unlock()
	switch {
	case !known || plainCode(form.Get("user_code")) != plainCode(d.userCode):
		writeError(w, http.StatusBadRequest, "deviceauth_not_found", "The device code is not known.")
	case d.state == deviceSpent:
		writeError(w, http.StatusBadRequest, "deviceauth_already_used", "The device code was used before.")
	case d.state == deviceDenied:
		writeError(w, http.StatusForbidden, "access_denied", "The person denied the device.")
	case d.state == deviceApproved:
		writeJSON(w, http.StatusOK, map[string]any{
			"authorization_code": d.grantCode, "code_challenge": d.challenge, "code_verifier": d.verifier,
		})
	case !s.now().Before(d.expires):
		answerOr(b.DeviceExpired, OpenAIError(http.StatusForbidden, "deviceauth_expired",
			"Device authorization code has expired. Please request a new code."))(w, r)
	default:
		answerOr(b.DevicePending, OpenAIError(http.StatusForbidden, "deviceauth_authorization_pending",
			"The person has not decided yet."))(w, r)
	}
}

func answerOr(set *Fault, usual Fault) http.HandlerFunc {
	if set != nil {
		return set.answer
	}
	return usual.answer
}

// deviceByCode finds a device by what a person typed, rather one that still
// waits than an old one with the same code.
func (s *Server) deviceByCode(typed string) (best *device, state deviceState, fresh bool) {
	plain := plainCode(typed)
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, d := range s.devices {
		if plain == "" || plainCode(d.userCode) != plain {
			continue
		}
		best, state, fresh = d, d.state, s.now().Before(d.expires)
		if state == deviceWaiting && fresh {
			break
		}
	}
	return best, state, fresh
}

// decideDevice books the person's answer; false when it came too late.
func (s *Server) decideDevice(d *device, seat account, allow bool) bool {
	verifier := random(64)
	sum := sha256.Sum256([]byte(verifier))
	challenge := b64.EncodeToString(sum[:])
	code := ""
	if allow {
		code = s.newGrant(grant{
			account: seat, clientID: d.clientID, challenge: challenge, device: d,
			redirectURI: s.url + "/deviceauth/callback",
		})
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if d.state != deviceWaiting || !s.now().Before(d.expires) {
		delete(s.codes, code)
		return false
	}
	d.state = deviceDenied
	if allow {
		d.state, d.grantCode, d.challenge, d.verifier = deviceApproved, code, challenge, verifier
	}
	return true
}
