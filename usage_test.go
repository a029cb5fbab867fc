//go:build !windows

package main

import (
	"strings"
	"testing"

	"codex-login/flows/sandbox"
	"codex-login/tui/termtest"
)

// The first variable that is set decides, as POSIX has it.
func TestLocale(t *testing.T) {
	for _, test := range []struct {
		env  map[string]string
		want string
	}{
		{map[string]string{"LC_ALL": "C", "LANG": "de_DE.UTF-8"}, "C"},
		{map[string]string{"LC_ALL": "", "LC_MESSAGES": "fr_FR", "LANG": "de_DE"}, "fr_FR"},
		{map[string]string{"LANG": "de_DE"}, "de_DE"},
		{nil, ""},
	} {
		if got := locale(func(name string) string { return test.env[name] }); got != test.want {
			t.Errorf("%v: %q, want %q", test.env, got, test.want)
		}
	}
}

// TestRevokePrevious ends the session that a sign-in replaced, when told to.
func TestRevokePrevious(t *testing.T) {
	p := newPerson(t, quick)
	for i, c := range []struct {
		args []string
		want int // revocations so far
	}{
		{[]string{"--device-auth", "--revoke-previous"}, 0}, // there is none
		{[]string{"--device-auth"}, 0},
		{[]string{"--device-auth", "--revoke-previous"}, 1},
		{[]string{"--revoke-previous"}, 2},
	} {
		events, code := p.approved(sandbox.MinaPlus, c.args...)
		if code != exitDone || len(p.issuer.RequestsTo(sandbox.Revoke)) != c.want {
			t.Errorf("%d: exit %d, %d revocations: %+v", i, code, len(p.issuer.RequestsTo(sandbox.Revoke)), events[len(events)-1])
		}
	}
	key := p.issuer.NewAPIKey(sandbox.MinaPlus)
	r := p.run(key, "--with-api-key", "--revoke-previous")
	if r.code != exitDone || !strings.Contains(r.err, "has been ended at OpenAI") || len(p.issuer.RequestsTo(sandbox.Revoke)) != 3 {
		t.Errorf("%+v", r)
	}
}

// A flag of the wrong kind is told what the right one is.
func TestHintsNameTheirFlag(t *testing.T) {
	for flag, variable := range map[string]string{"--with-api-key": "OPENAI_API_KEY", "--with-access-token": "CODEX_ACCESS_TOKEN"} {
		term := newPerson(t, nil).sit(termtest.Options{Cols: 160}, flag)
		if code := term.WaitExit(); code != exitUsage || !strings.Contains(flat(term), "printenv "+variable+" | codex-login "+flag) {
			t.Errorf("%s: exit %d\n%s", flag, code, term.Screen())
		}
	}
}
