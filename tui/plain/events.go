package plain

import (
	"encoding/json"
	"errors"
	"io"
	"strings"
	"sync"
	"time"

	"codex-login/assets"
	"codex-login/assets/display"
	"codex-login/credstore"
	"codex-login/flows"

	"github.com/mdp/qrterminal/v3"
	"rsc.io/qr"
)

// Schema is the version of the JSON that this package writes. Fields may be
// added within a version, never renamed.
const Schema = 1

// Events speaks in JSON, one object a line.
type Events struct {
	Say *assets.Catalogue
	Out io.Writer

	mu sync.Mutex
}

// Account is an account in JSON. Unknown is null.
type Account struct {
	SignedIn    bool    `json:"signed_in"`
	Method      *string `json:"method"`
	Email       *string `json:"email"`
	UserID      *string `json:"user_id"`
	WorkspaceID *string `json:"workspace_id"`
	Plan        *string `json:"plan"`
	Key         *string `json:"key"`
	Store       *string `json:"store"`
	StoreMode   *string `json:"store_mode"`
	Place       *string `json:"place"`
	ExpiresAt   *string `json:"expires_at"`
	LastRefresh *string `json:"last_refresh"`
}

func (e *Events) write(v any) {
	e.mu.Lock()
	defer e.mu.Unlock()
	// Encode ends each object with a line end; the types here cannot fail.
	enc := json.NewEncoder(e.Out)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(v)
}

// head starts every object.
type head struct {
	Schema int    `json:"schema"`
	Event  string `json:"event,omitempty"`
}

func event(name string) head { return head{Schema, name} }

func (e *Events) started(m flows.Method, at position) {
	e.write(struct {
		head
		Method string `json:"method"`
		Where  where  `json:"where"`
	}{event("started"), string(m), whereOf(at)})
}

func (e *Events) challenge(c asked) {
	switch c.Method {
	case flows.Device:
		e.write(struct {
			head
			UserCode        string  `json:"user_code"`
			VerificationURL string  `json:"verification_url"`
			CompleteURL     *string `json:"verification_url_complete"`
			ExpiresAt       *string `json:"expires_at"`
			QR              *string `json:"qr"`
			EnableURL       string  `json:"enable_url"`
			Warning         string  `json:"warning"`
			*machine
		}{
			event("code"), c.UserCode, c.URL, known(c.CompleteURL), stamp(c.ExpiresAt), known(qrText(c.ScanURL())),
			flows.PersonalSettings, e.Say.Say("plain.device.warning"), c.machine(),
		})
	default:
		e.write(struct {
			head
			URL    string  `json:"url"`
			Port   int     `json:"port"`
			Tunnel *tunnel `json:"tunnel"`
			*machine
		}{event("url"), c.URL, c.Port, tunnelOf(e.Say, c.tunnel), c.machine()})
	}
	if c.target == nil {
		e.waiting("answer", c.ExpiresAt)
	}
}

// waiting says what is waited for: the person's answer, or the exchange that
// follows it.
func (e *Events) waiting(stage string, until time.Time) {
	e.write(struct {
		head
		Stage     string  `json:"stage"`
		ExpiresAt *string `json:"expires_at"`
	}{event("waiting"), stage, stamp(until)})
}

func (e *Events) note(n flows.Note) {
	if n.Code == flows.NoteExchanging {
		e.waiting("exchanging", time.Time{})
		return
	}
	e.warning(string(n.Code), flows.ExplainNote(e.Say, n))
}

func (e *Events) warning(code, text string) {
	e.write(struct {
		head
		Code    string `json:"code"`
		Message string `json:"message"`
	}{event("warning"), code, text})
}

func (e *Events) refused(err error) {
	why := flows.Explain(e.Say, err)
	e.warning(why.Code, why.Title)
}

func (e *Events) result(r flows.Receipt, p previous) {
	for _, n := range r.Notes {
		e.note(n)
	}
	out := struct {
		head
		Account
		ID              *string  `json:"id"`
		Back            *string  `json:"back"`
		Previous        *Account `json:"previous"`
		PreviousRevoked *bool    `json:"previous_revoked"`
		RevokeError     *string  `json:"revoke_error"`
		Security        *secured `json:"security"`
	}{
		head: event("result"), Account: account(r.Account, true), ID: known(r.ID), Back: known(goesBack(r, p)),
		Security: securedOf(r.Security()),
	}
	if r.Previous != nil {
		old := account(*r.Previous, false)
		out.Previous = &old
		if p.asked {
			revoked := p.err == nil
			out.PreviousRevoked = &revoked
		}
		if p.err != nil {
			out.RevokeError = known(flows.Explain(e.Say, p.err).Title)
		}
	}
	e.write(out)
}

// Failed is the last event of a command that did not do what it was to do. A
// name that means several accounts comes with those.
func (e *Events) Failed(err error) {
	out := struct {
		head
		failure
		*judged
		*barredBy
		Matches []entry `json:"matches,omitempty"`
	}{head: event("error"), failure: e.failure(err), judged: judgedOf(err), barredBy: barredOf(err)}
	var several *flows.AmbiguousError
	if errors.As(err, &several) {
		out.Matches = entriesOf(several.Matches)
		out.Message = flows.Explain(e.Say, err).Title // the text would list them once more
	}
	e.write(out)
}

// logged: the error is the last event.
func (e *Events) logged(string) {}

// failure is an error in JSON.
type failure struct {
	Code    string  `json:"code"`
	Message string  `json:"message"`
	Hint    *string `json:"hint"`
}

func (e *Events) failure(err error) failure {
	why := flows.Explain(e.Say, err)
	return failure{why.Code, strings.TrimSpace(why.Title + ". " + why.Text), known(why.Next)}
}

// signedOut is what became of the accounts that were to be forgotten.
type signedOut struct {
	Revoked     bool    `json:"revoked"`
	RevokeError *string `json:"revoke_error"`
	Forgotten   int     `json:"forgotten"`
	Ended       int     `json:"ended"`
	All         bool    `json:"all"`
	Lent        []loan  `json:"lent"`
}

// loan is a machine that still has the token of a forgotten account.
type loan struct {
	machine
	Until *string `json:"until"`
}

func (e *Events) signedOut(out flows.SignedOut) signedOut {
	s := signedOut{Revoked: out.Revoked, Forgotten: out.Forgotten, Ended: out.Ended, All: out.All, Lent: []loan{}}
	for _, l := range out.Lent {
		s.Lent = append(s.Lent, loan{machineOf(l.Machine), stamp(l.Until)})
	}
	if out.RevokeErr != nil {
		s.RevokeError = known(flows.Explain(e.Say, out.RevokeErr).Title)
	}
	return s
}

// SignedOut writes what a sign-out did.
func (e *Events) SignedOut(out flows.SignedOut, err error) {
	if err != nil && !errors.Is(err, credstore.ErrNotFound) {
		e.Failed(err)
		return
	}
	e.write(struct {
		head
		WasSignedIn bool `json:"was_signed_in"`
		signedOut
	}{event("signed_out"), err == nil, e.signedOut(out)})
}

func account(a flows.Account, signedIn bool) Account {
	if a.Method == "" {
		return Account{}
	}
	return Account{
		SignedIn: signedIn, Method: known(a.Method), Email: known(a.Email), UserID: known(a.UserID),
		WorkspaceID: known(a.WorkspaceID), Plan: known(a.Plan), Key: known(a.KeyHint),
		Store: known(string(a.Place.Kind)), StoreMode: known(string(a.StoreMode)), Place: known(display.Clean(a.Place.Where)),
		ExpiresAt: stamp(a.ExpiresAt), LastRefresh: stamp(a.LastRefresh),
	}
}

// known is nil for the empty string.
func known(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// stamp is RFC 3339 in UTC, nil for the zero time.
func stamp(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	return known(t.UTC().Format(time.RFC3339))
}

// qrText is the QR code in half blocks, for a light text on a dark ground;
// empty when the text is too long for one.
func qrText(text string) string {
	// qrterminal does not check whether a text can be encoded.
	if _, err := qr.Encode(text, qr.L); err != nil {
		return ""
	}
	var b strings.Builder
	qrterminal.GenerateWithConfig(text, qrterminal.Config{
		Level: qrterminal.L, Writer: &b, QuietZone: 2, HalfBlocks: true,
		BlackChar: qrterminal.BLACK_BLACK, WhiteChar: qrterminal.WHITE_WHITE,
		BlackWhiteChar: qrterminal.BLACK_WHITE, WhiteBlackChar: qrterminal.WHITE_BLACK,
	})
	return strings.TrimRight(b.String(), "\n")
}
