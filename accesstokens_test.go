package main

import (
	"encoding/json"
	"strings"
	"testing"

	"codex-login/flows/sandbox"
)

// TestAccessTokensAreToldApart: a token does not say whose it is, but its server
// did when it came, and the list remembers.
func TestAccessTokensAreToldApart(t *testing.T) {
	p := newPerson(t, nil)
	for _, seat := range []sandbox.Seat{sandbox.MinaHarbour, sandbox.JonasMeridian} {
		if r := p.run(p.issuer.NewAccessToken(seat)+"\n", "--with-access-token"); r.code != 0 {
			t.Fatalf("%+v", r)
		}
	}
	said := p.run("", "accounts").out
	for _, want := range []string{"jonas@example.test  access token d81f40a6", "mina@example.test   access token b3a9e7c4"} {
		if !strings.Contains(said, want) {
			t.Errorf("%q is not in\n%s", want, said)
		}
	}
	if r := p.run("", "switch", "mina"); r.code != 0 || !strings.Contains(r.out, "mina@example.test, access token b3a9e7c4") {
		t.Errorf("%+v", r)
	}
	var status struct {
		Email       string
		WorkspaceID string `json:"workspace_id"`
		Key         string
	}
	r := p.run("", "status", "--json")
	if err := json.Unmarshal([]byte(r.out), &status); err != nil || status.Email != sandbox.MinaHarbour.Person || status.WorkspaceID != sandbox.HarbourID || status.Key == "" {
		t.Errorf("%v: %s", err, r.out)
	}
	if r := p.run("", "switch", "jonas@example.test/access-token"); r.code != 0 || !strings.Contains(r.out, "jonas@") {
		t.Errorf("%+v", r)
	}
	if r := p.run("", "switch", "-"); r.code != 0 {
		t.Errorf("%+v", r)
	}
	// The token itself stays a name.
	if r := p.run("", "switch", status.Key); r.code != 0 || !strings.Contains(r.err+r.out, "in use already") {
		t.Errorf("%+v", r)
	}
}

// TestNamesOfAccounts: an empty one is no name, and one that could be several is
// answered with a longer one that works.
func TestNamesOfAccounts(t *testing.T) {
	p := newPerson(t, nil)
	for _, seat := range []sandbox.Seat{sandbox.MinaPlus, sandbox.MinaHarbour} {
		if _, code := p.approved(seat, "--device-auth"); code != 0 {
			t.Fatalf("exit %d", code)
		}
	}
	if r := p.run("", "switch", " "); r.code != exitUsage || !strings.Contains(r.err, "which account?") {
		t.Errorf("%+v", r)
	}
	r := p.run("", "switch", "mina@example.test")
	_, such, _ := strings.Cut(r.err, "as in ")
	such, _, _ = strings.Cut(such, ",")
	if !strings.HasPrefix(such, "mina@example.test/") {
		t.Fatalf("%+v", r)
	}
	if r := p.run("", "switch", such); r.code != 0 {
		t.Errorf("%+v", r)
	}
	if r := p.run("", "accounts", "label", such, "Own"); !strings.HasPrefix(r.out, "Own is the name of mina@example.test, ") {
		t.Errorf("%+v", r)
	}
	// One workspace, two ways in.
	if r := p.run(p.issuer.NewAccessToken(sandbox.MinaHarbour)+"\n", "--with-access-token"); r.code != 0 {
		t.Fatalf("%+v", r)
	}
	if r := p.run("", "switch", "mina@example.test/b3a9"); !strings.Contains(r.err, "as in mina@example.test/access-token,") {
		t.Errorf("%+v", r)
	}
	if r := p.run("", "switch", "mina@example.test/access-token"); r.code != 0 {
		t.Errorf("%+v", r)
	}
}
