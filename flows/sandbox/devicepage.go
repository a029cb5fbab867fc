package sandbox

import "net/http"

// deviceStart is where the person arrives with a code. A link that carries the
// code (verification_uri_complete) fills it in, but it must still be confirmed.
func (s *Server) deviceStart(w http.ResponseWriter, r *http.Request) {
	s.signInPage(w, s.newTicket(&ticket{code: r.URL.Query().Get("user_code")}), "")
}

// deviceStep is every form of the device page: sign in, code, workspace,
// confirmation.
func (s *Server) deviceStep(w http.ResponseWriter, r *http.Request) {
	form := fieldsOf(r)
	t, ok := s.openTicket(form.Get("ticket"), func(t *ticket) {
		if form.Has("user_code") {
			t.code, t.device = form.Get("user_code"), nil
		}
		s.choose(t, form)
	})
	if !ok || t.request != nil {
		s.errorPage(w, http.StatusBadRequest, "This page is no longer valid", "Open the device page again.")
		return
	}
	if t.person == nil {
		s.signInPage(w, &t, "Choose one of these people.")
		return
	}
	if t.device == nil {
		problem := "" // the first look at the field is not a mistake
		if form.Has("user_code") {
			problem = s.enterCode(&t)
		}
		if t.device == nil {
			s.codePage(w, &t, problem)
			return
		}
	}
	decision := form.Get("decision")
	switch {
	case decision == "deny":
		s.finishDevice(w, &t, false)
	case t.seat.workspace == nil && form.Get("workspace") == "":
		s.workspacePage(w, &t, "")
	case t.seat.workspace == nil:
		s.workspacePage(w, &t, "This workspace cannot be chosen here.")
	case decision != "allow":
		s.consentPage(w, &t)
	default:
		s.finishDevice(w, &t, true)
	}
}

// enterCode looks the typed code up and returns what to tell the person.
func (s *Server) enterCode(t *ticket) (problem string) {
	d, state, fresh := s.deviceByCode(t.code)
	switch {
	case d == nil:
		return "No device is waiting with this code. Check it and try again."
	case state != deviceWaiting:
		return "This code was used before. Ask for a new one on your device."
	case !fresh:
		return "This code has expired. Ask for a new one on your device."
	}
	copied, ok := s.openTicket(t.id, func(t *ticket) { t.device = d })
	if ok {
		*t = copied
	}
	return ""
}

func (s *Server) finishDevice(w http.ResponseWriter, t *ticket, allow bool) {
	refused := allow && s.refusal(t.seat) != nil
	if !s.decideDevice(t.device, t.seat, allow && !refused) {
		s.codePage(w, t, "This code has expired or was used before. Ask for a new one on your device.")
		return
	}
	s.openTicket(t.id, func(t *ticket) { t.done = true })
	switch {
	case refused:
		s.show(w, http.StatusForbidden, page{
			Name: "device-refused", Title: "No access to Codex", Tone: "bad",
			Text: []string{"Codex is not enabled for this workspace, so your device was not signed in."},
		})
	case allow:
		s.show(w, http.StatusOK, page{
			Name: "device-done", Title: "Your device is signed in", Tone: "good",
			Text: []string{"You can close this page and go back to your terminal."},
			Seat: t.seat.view(),
		})
	default:
		s.show(w, http.StatusOK, page{
			Name: "device-denied", Title: "Sign-in declined", Tone: "bad",
			Text: []string{"Your device was not signed in. You can close this page."},
		})
	}
}

// deviceCallback is only ever named, never opened, by the device flow.
func (s *Server) deviceCallback(w http.ResponseWriter, _ *http.Request) {
	s.show(w, http.StatusOK, page{
		Name: "device-callback", Title: "Nothing to do here",
		Text: []string{"You can close this page and go back to your terminal."},
	})
}
