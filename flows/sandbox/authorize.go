package sandbox

import (
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// scope is what Codex asks for; an answer grants all of it.
const scope = "openid profile email offline_access api.connectors.read api.connectors.invoke"

// A state below 32 characters could hold less than 192 bits; Codex sends 43.
var (
	stateShape     = shape{32, 128, "-_"}
	challengeShape = shape{43, 43, "-_"}
)

// ticketLifetime is how long a page may stay open.
const ticketLifetime = time.Hour

// ticket is one visit to the pages. It travels in a hidden field, so that
// neither cookies nor JavaScript are needed.
type ticket struct {
	id      string
	opened  time.Time
	request *authorizeRequest // nil on the device page
	person  *Person           // once signed in
	code    string            // device page: the code as typed
	device  *device           // device page: once the code was right
	seat    account           // once the workspace was chosen
	done    bool
}

type authorizeRequest struct {
	clientID    string
	redirectURI *url.URL
	rawRedirect string
	state       string
	challenge   string
	originator  string
	allowed     []string // workspace IDs; nil: all
}

// authorizeStart is where the browser arrives.
func (s *Server) authorizeStart(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	request := &authorizeRequest{
		clientID: query.Get("client_id"), rawRedirect: query.Get("redirect_uri"),
		state: query.Get("state"), challenge: query.Get("code_challenge"), originator: query.Get("originator"),
	}
	redirect, problem := loopbackCallback(request.rawRedirect)
	if request.clientID != s.clientID {
		problem = "The client_id is not the one of Codex."
	}
	if problem != "" {
		// Nobody is sent to an address that was not checked (RFC 6749 §3.1.2.4).
		s.errorPage(w, http.StatusBadRequest, "This sign-in link is not valid", problem)
		return
	}
	request.redirectURI = redirect
	for _, id := range strings.Split(query.Get("allowed_workspace_id"), ",") {
		if id = strings.TrimSpace(id); id != "" {
			request.allowed = append(request.allowed, id)
		}
	}
	if code, description := checkAuthorize(query); code != "" {
		sendBack(w, r, request, url.Values{"error": {code}, "error_description": {description}})
		return
	}
	s.signInPage(w, s.newTicket(&ticket{request: request}), "")
}

func loopbackCallback(raw string) (*url.URL, string) {
	u, err := url.Parse(raw)
	if raw == "" || err != nil || u.Scheme != "http" || u.Fragment != "" || u.User != nil {
		return nil, "The redirect_uri is missing or malformed."
	}
	ip := net.ParseIP(u.Hostname())
	if u.Hostname() != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, "The redirect_uri does not lead to this machine."
	}
	if u.Path != "/auth/callback" || u.RawQuery != "" || u.Port() == "" {
		return nil, "The redirect_uri is not http://127.0.0.1:<port>/auth/callback."
	}
	return u, ""
}

// checkAuthorize returns the error code and words that go back to the client.
func checkAuthorize(query url.Values) (code, description string) {
	for name, values := range query {
		if len(values) > 1 {
			return "invalid_request", "The parameter " + name + " is there twice."
		}
	}
	scopes := strings.Fields(query.Get("scope"))
	missing := slices.ContainsFunc(strings.Fields(scope), func(one string) bool { return !slices.Contains(scopes, one) })
	switch {
	case query.Get("response_type") != "code":
		return "unsupported_response_type", "The response_type is not code."
	case !stateShape.matches(query.Get("state")):
		return "invalid_request", "The state is not 32 to 128 characters of base64url."
	case query.Get("code_challenge_method") != "S256":
		return "invalid_request", "The code_challenge_method is not S256."
	case !challengeShape.matches(query.Get("code_challenge")):
		return "invalid_request", "The code_challenge is not a SHA-256 in base64url."
	case missing:
		return "invalid_scope", "The scope lacks a part that Codex asks for."
	}
	return "", ""
}

// sendBack redirects to the callback: 303, so that a form's POST becomes a GET.
func sendBack(w http.ResponseWriter, r *http.Request, request *authorizeRequest, answer url.Values) {
	target := *request.redirectURI
	if request.state != "" {
		answer.Set("state", request.state)
	}
	target.RawQuery = answer.Encode()
	pageHeaders(w, request)
	http.Redirect(w, r, target.String(), http.StatusSeeOther)
}

func (s *Server) newTicket(t *ticket) *ticket {
	t.id, t.opened = random(24), s.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tickets[t.id] = t
	return t
}

// openTicket finds the visit of a posted form and lets change alter it. It
// returns a copy, because two tabs may post the same form at once.
func (s *Server) openTicket(id string, change func(*ticket)) (ticket, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, ok := s.tickets[id]
	if !ok || t.done || !s.now().Before(t.opened.Add(ticketLifetime)) {
		return ticket{}, false
	}
	change(t)
	return *t, true
}

// authorizeStep is every form of the browser flow: sign in, workspace, consent.
func (s *Server) authorizeStep(w http.ResponseWriter, r *http.Request) {
	form := fieldsOf(r)
	t, ok := s.openTicket(form.Get("ticket"), func(t *ticket) { s.choose(t, form) })
	if !ok || t.request == nil {
		s.errorPage(w, http.StatusBadRequest, "This page is no longer valid", "Start the sign-in again from codex-login.")
		return
	}
	decision := form.Get("decision")
	switch {
	case decision == "deny":
		s.finishAuthorize(w, r, &t, &Refusal{"access_denied", "The person declined."})
	case t.person == nil:
		s.signInPage(w, &t, "Choose one of these people.")
	case t.seat.workspace == nil && form.Get("workspace") == "":
		s.workspacePage(w, &t, "")
	case t.seat.workspace == nil:
		s.workspacePage(w, &t, "This workspace cannot be chosen here.")
	case decision != "allow":
		s.consentPage(w, &t)
	default:
		s.finishAuthorize(w, r, &t, s.refusal(t.seat))
	}
}

// choose takes over what a form says about who is signing in.
func (s *Server) choose(t *ticket, form url.Values) {
	if email := form.Get("person"); email != "" {
		t.person, t.seat = s.people.person(email), account{}
	}
	id := form.Get("workspace")
	if t.person == nil || id == "" {
		return
	}
	t.seat = account{}
	if t.request == nil || t.request.allows(id) {
		t.seat, _ = s.people.account(Seat{t.person.Email, id})
	}
}

func (q *authorizeRequest) allows(workspace string) bool {
	return q == nil || q.allowed == nil || slices.Contains(q.allowed, workspace)
}

// refusal is why this seat may not use Codex, nil when it may.
func (s *Server) refusal(a account) *Refusal {
	if b := s.mood(); b.Refuse != nil {
		return b.Refuse
	}
	if a.workspace.NoCodex {
		return MissingEntitlement()
	}
	return nil
}

// finishAuthorize ends the visit and goes back to the callback.
func (s *Server) finishAuthorize(w http.ResponseWriter, r *http.Request, t *ticket, refusal *Refusal) {
	if _, ok := s.openTicket(t.id, func(t *ticket) { t.done = true }); !ok {
		s.errorPage(w, http.StatusBadRequest, "This page is no longer valid", "It was answered before.")
		return
	}
	answer := url.Values{}
	if refusal != nil {
		answer.Set("error", refusal.Error)
		if refusal.Description != "" {
			answer.Set("error_description", refusal.Description)
		}
	} else {
		answer.Set("scope", scope)
		answer.Set("code", s.newGrant(grant{
			account: t.seat, clientID: t.request.clientID,
			redirectURI: t.request.rawRedirect, challenge: t.request.challenge,
		}))
	}
	sendBack(w, r, t.request, answer)
}
