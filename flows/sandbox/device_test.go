package sandbox

import (
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"
)

func (s *Server) newDevice(t *testing.T) reply {
	t.Helper()
	r := s.postJSON(t, "/api/accounts/deviceauth/usercode", map[string]string{"client_id": ClientID})
	if r.status != 200 {
		t.Fatalf("no device code: %d %s", r.status, r.body)
	}
	return r
}

func (s *Server) poll(t *testing.T, device reply) reply {
	t.Helper()
	return s.postJSON(t, "/api/accounts/deviceauth/token", map[string]string{
		"device_auth_id": device.text("device_auth_id"), "user_code": device.text("user_code"),
	})
}

func (s *Server) deviceExchange(t *testing.T, poll reply) reply {
	t.Helper()
	return s.postForm(t, "/oauth/token", values(
		"grant_type", "authorization_code", "client_id", ClientID, "code", poll.text("authorization_code"),
		"redirect_uri", s.URL()+"/deviceauth/callback", "code_verifier", poll.text("code_verifier"),
	))
}

func TestDeviceFlow(t *testing.T) {
	c := newClock()
	s := start(t, Options{Now: c.Now})
	d := s.newDevice(t)
	if !regexp.MustCompile(`^[A-Z]{4}-[0-9]{5}$`).MatchString(d.text("user_code")) || d.text("interval") != "5" ||
		d.text("expires_at") != "2026-11-22T08:15:00Z" {
		t.Fatalf("the code's answer: %s", d.body)
	}
	if r := s.poll(t, d); r.status != 403 || r.code() != "deviceauth_authorization_pending" {
		t.Errorf("pending: %d %s", r.status, r.body)
	}
	// Without the dash, in small letters, with blanks.
	typed := " " + strings.ToLower(strings.ReplaceAll(d.text("user_code"), "-", " ")) + " "
	if err := s.ApproveDevice(t.Context(), typed, JonasMeridian); err != nil {
		t.Fatal(err)
	}
	first, again := s.poll(t, d), s.poll(t, d)
	if first.status != 200 || first.body != again.body {
		t.Fatalf("approved: %d %s, then %s", first.status, first.body, again.body)
	}
	r := s.deviceExchange(t, first)
	if r.status != 200 || authOf(s.claims(t, r.text("id_token")))["chatgpt_account_id"] != MeridianID {
		t.Fatalf("exchange: %d %s", r.status, r.body)
	}
	if r := s.deviceExchange(t, first); r.status != 400 {
		t.Errorf("second exchange: %d", r.status)
	}
	if r := s.poll(t, d); r.status != 400 || r.code() != "deviceauth_already_used" {
		t.Errorf("poll after the exchange: %d %s", r.status, r.body)
	}
	if err := s.ApproveDevice(t.Context(), d.text("user_code"), MinaPlus); err == nil {
		t.Error("a used code was approved again")
	}
}

func TestDeviceRefusals(t *testing.T) {
	c := newClock()
	s := start(t, Options{Now: c.Now})
	denied := s.newDevice(t)
	if err := s.DenyDevice(t.Context(), denied.text("user_code")); err != nil {
		t.Fatal(err)
	}
	if r := s.poll(t, denied); r.status != 403 || r.code() != "access_denied" {
		t.Errorf("denied: %d %s", r.status, r.body)
	}
	noCodex := s.newDevice(t)
	if err := s.ApproveDevice(t.Context(), noCodex.text("user_code"), LiLakeside); err == nil {
		t.Error("a workspace without Codex was approved")
	}
	if r := s.poll(t, noCodex); r.code() != "access_denied" {
		t.Errorf("without Codex: %s", r.body)
	}
	old := s.newDevice(t)
	c.pass(15 * time.Minute)
	if r := s.poll(t, old); r.status != 403 || r.code() != "deviceauth_expired" ||
		!strings.Contains(r.body, "Device authorization code has expired") {
		t.Errorf("expired: %d %s", r.status, r.body)
	}
	err := s.ApproveDevice(t.Context(), old.text("user_code"), MinaPlus)
	if err == nil || !strings.Contains(err.Error(), "expired") {
		t.Errorf("an expired code: %v", err)
	}
	err = s.ApproveDevice(t.Context(), "NONE-00000", MinaPlus)
	if err == nil || !strings.Contains(err.Error(), "No device") {
		t.Errorf("an unknown code: %v", err)
	}
	fresh := s.newDevice(t)
	wrong := s.postJSON(t, "/api/accounts/deviceauth/token", map[string]string{
		"device_auth_id": fresh.text("device_auth_id"), "user_code": "NONE-00000",
	})
	if wrong.status != 400 {
		t.Errorf("a poll with another code: %d", wrong.status)
	}
	if r := s.postJSON(t, "/api/accounts/deviceauth/usercode", map[string]string{"client_id": "app_other"}); r.status != 401 {
		t.Errorf("another client: %d", r.status)
	}
}

// A code that ran out while the person was on the last page is not approved.
func TestDeviceExpiresOnThePage(t *testing.T) {
	c := newClock()
	s := start(t, Options{Now: c.Now})
	s.Set(func(b *Behaviour) { b.DeviceLifetime = time.Minute })
	d := s.newDevice(t)
	fields := s.openPage(t, "/codex/device")
	for _, step := range []url.Values{
		values("person", MinaPlus.Person), values("user_code", d.text("user_code")), values("workspace", MinaPlus.Workspace),
	} {
		for name, v := range fields {
			step[name] = v
		}
		s.postForm(t, "/codex/device", step)
	}
	c.pass(time.Minute)
	fields.Set("decision", "allow")
	if p := readPage([]byte(s.postForm(t, "/codex/device", fields).body)); p.Name != "code" || !strings.Contains(p.Alert, "expired") {
		t.Errorf("page %q, %q", p.Name, p.Alert)
	}
	if r := s.poll(t, d); r.code() != "deviceauth_expired" {
		t.Errorf("poll: %s", r.body)
	}
}

func TestDeviceBehaviour(t *testing.T) {
	s := start(t, Options{})
	set := func(change func(*Behaviour)) { s.Set(change) }
	set(func(b *Behaviour) { b.DeviceDisabled = true })
	if r := s.postJSON(t, "/api/accounts/deviceauth/usercode", map[string]string{"client_id": ClientID}); r.status != 404 {
		t.Errorf("disabled: %d", r.status)
	}
	set(func(b *Behaviour) {
		b.DeviceDisabled = false
		b.NewUserCode = func() string { return "\x1b[2JEVIL" }
		b.EditDeviceCode = func(answer map[string]any) {
			answer["usercode"], answer["interval"], answer["expires_in"] = answer["user_code"], 2, "900"
			delete(answer, "user_code")
		}
	})
	d := s.newDevice(t)
	if d.text("usercode") != "\x1b[2JEVIL" || d.fields["interval"] != 2.0 || d.fields["user_code"] != nil {
		t.Errorf("edited: %s", d.body)
	}
	set(func(b *Behaviour) {
		pending, expired := Status(404, ""), Status(403, "Device authorization code has expired")
		b.DevicePending, b.DeviceExpired, b.EditDeviceCode, b.NewUserCode = &pending, &expired, nil, nil
	})
	d = s.newDevice(t)
	if r := s.poll(t, d); r.status != 404 || r.body != "" {
		t.Errorf("bare pending: %d %q", r.status, r.body)
	}
	set(func(b *Behaviour) { b.DeviceLifetime = -time.Second })
	if r := s.poll(t, s.newDevice(t)); r.status != 403 || r.body != "Device authorization code has expired" {
		t.Errorf("bare expired: %d %q", r.status, r.body)
	}
}

func TestDeviceLinkWithCode(t *testing.T) {
	s := start(t, Options{})
	d := s.newDevice(t)
	fields := s.openPage(t, "/codex/device?user_code="+url.QueryEscape(d.text("user_code")))
	fields.Set("person", MinaPlus.Person)
	r := s.postForm(t, "/codex/device", fields)
	if p := readPage([]byte(r.body)); p.Name != "code" || p.Alert != "" || !strings.Contains(r.body, `value="`+d.text("user_code")+`"`) {
		t.Errorf("page %q does not hold the code", p.Name)
	}
	if p := readPage([]byte(s.get(t, "/deviceauth/callback").body)); p.Name != "device-callback" {
		t.Errorf("the callback shows %q", p.Name)
	}
}

func FuzzPlainCode(f *testing.F) {
	f.Add("ABCD-12345")
	f.Add(" ab\u2013cd 1")
	f.Fuzz(func(t *testing.T, code string) {
		plain := plainCode(code)
		if strings.ContainsAny(plain, "- \t") || plainCode("-"+code+" ") != plain {
			t.Errorf("%q became %q", code, plain)
		}
	})
}
