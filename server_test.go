//go:build !windows

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"codex-login/flows/sandbox"
	"codex-login/tui/termtest"
)

// hostile is what a text from outside may hold: escape sequences in both
// codings, a bell, a reversal of the writing direction, a line end.
const hostile = "x\x1b]0;pwned\x07\u009d0;pwned\u009c\x1b[2J\u202e\r\ny"

// harmless fails when something of it got through to a terminal.
func harmless(t *testing.T, output []byte) {
	t.Helper()
	for _, part := range []string{"\x1b]0;", "\u009d", "\u009b", "\u202e", "\x1b[2J\u202e", "\x1b[2J<html>", "x\x1b]"} {
		if i := bytes.Index(output, []byte(part)); i >= 0 {
			t.Errorf("%q got through: %q", part, output[max(i-30, 0):min(i+30, len(output))])
		}
	}
}

// harmlessLines is for the skins that send no sequence of their own.
func harmlessLines(t *testing.T, r ran) {
	t.Helper()
	harmless(t, []byte(r.out+r.err))
	for _, part := range []string{"\x1b", "\x07", `\u001b`, `\u0007`, `\u202e`} {
		if strings.Contains(r.out+r.err, part) {
			t.Errorf("%q got through: %+v", part, r)
		}
	}
}

// TestServerThatAnswersNonsense, to the request for a code, in every skin: the
// sign-in ends with words, and nothing is stored.
func TestServerThatAnswersNonsense(t *testing.T) {
	for name, c := range map[string]struct {
		fault sandbox.Fault
		code  string // of the error event
	}{
		"garbage":   {sandbox.Garbage(), "server"},
		"nothing":   {sandbox.Empty(), "server"},
		"500":       {sandbox.Status(500, "oh "+hostile), "server"},
		"503":       {sandbox.OpenAIError(503, "down", hostile), "server"},
		"403":       {sandbox.OAuthError(403, "refused", hostile), "server"},
		"429":       {sandbox.TooMany("7"), "server"},
		"huge":      {sandbox.Endless(64 << 20), "server"},
		"cut":       {sandbox.Cut(), "offline"},
		"dropped":   {sandbox.Drop(), "offline"},
		"an array":  {sandbox.Status(200, "[1,2,3]"), "server"},
		"redirects": {sandbox.Status(307, ""), "server"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPerson(t, func(b *sandbox.Behaviour) { b.Inject(sandbox.DeviceCode, c.fault) })
			r := p.run("", "--device-auth", "--json")
			events := eachLineIsJSON(t, r.out)
			if last := events[len(events)-1]; r.code != exitFailed || last.Event != "error" || last.Code != c.code || strings.Contains(last.Message, "invalid_answer") {
				t.Errorf("%+v", r)
			}
			harmlessLines(t, r)
			r = p.run("", "--device-auth", "--plain")
			if r.code != exitFailed || !strings.Contains(r.err, "Error: ") {
				t.Errorf("%+v", r)
			}
			harmlessLines(t, r)
			term := p.sit(termtest.Options{})
			then(keyed("2", atIntro), "enter", said("frame.title.error"))(term)
			awake(term, said("frame.key.retry"))
			term.Key("q")
			if code := term.WaitExit(); code != exitFailed || term.Restored() != "" {
				t.Errorf("wizard: exit %d, %s", code, term.Restored())
			}
			harmless(t, term.Raw())
			if p.authJSON() != "" {
				t.Error("something was stored")
			}
		})
	}
}

// TestServerThatFailsLater, after the person has approved.
func TestServerThatFailsLater(t *testing.T) {
	for name, fault := range map[string]sandbox.Fault{
		"garbage": sandbox.Garbage(), "500": sandbox.Status(500, hostile), "nothing": sandbox.Empty(), "huge": sandbox.Endless(8 << 20),
		"refused": sandbox.OAuthError(400, "invalid_grant", hostile), "tokens of nobody": sandbox.Status(200, `{"id_token":"a.b.c","access_token":"x","refresh_token":"y"}`),
	} {
		t.Run("code exchange: "+name, func(t *testing.T) {
			t.Parallel()
			p := newPerson(t, func(b *sandbox.Behaviour) {
				quick(b)
				b.Inject(sandbox.CodeExchange, fault)
			})
			events, code := p.approved(sandbox.MinaPlus, "--device-auth")
			last := events[len(events)-1]
			if code != exitFailed || last.Event != "error" || last.Code != "server" || p.authJSON() != "" {
				t.Errorf("exit %d, %+v", code, last)
			}
			harmless(t, []byte(last.Message))
		})
		t.Run("access token: "+name, func(t *testing.T) {
			t.Parallel()
			p := newPerson(t, func(b *sandbox.Behaviour) { b.Inject(sandbox.Whoami, fault) })
			r := p.run(p.issuer.NewAccessToken(sandbox.MinaPlus), "--with-access-token")
			if r.code != exitFailed || p.authJSON() != "" {
				t.Errorf("%+v", r)
			}
			harmlessLines(t, r)
		})
	}
	t.Run("revocation", func(t *testing.T) {
		p := newPerson(t, func(b *sandbox.Behaviour) {
			quick(b)
			b.Inject(sandbox.Revoke, sandbox.OpenAIError(500, "down", hostile))
		})
		if _, code := p.approved(sandbox.MinaPlus, "--device-auth"); code != 0 {
			t.Fatal(code)
		}
		// Signed out here all the same, and told that it is only here.
		r := p.run("", "logout")
		if r.code != exitDone || p.authJSON() != "" || !strings.Contains(r.err, "could not be ended at OpenAI") {
			t.Errorf("%+v", r)
		}
		harmlessLines(t, r)
	})
}

// TestServerThatHangs is given up on when the person wants that.
func TestServerThatHangs(t *testing.T) {
	t.Parallel()
	for _, at := range []sandbox.Endpoint{sandbox.DevicePoll, sandbox.DeviceCode} {
		t.Run(string(at), func(t *testing.T) {
			t.Parallel()
			p := newPerson(t, func(b *sandbox.Behaviour) {
				quick(b)
				b.Inject(at, sandbox.Hang())
			})
			r := p.run("", "--device-auth", "--timeout", "1s", "--json")
			events := eachLineIsJSON(t, r.out)
			if last := events[len(events)-1]; r.code != exitFailed || last.Code != "expired" {
				t.Errorf("%+v", r)
			}
			term := p.sit(termtest.Options{})
			then(keyed("2", atIntro), "enter", said("frame.title.device"))(term)
			term.Key("ctrl+c")
			if code := term.WaitExit(); code != exitCancelled || term.Restored() != "" {
				t.Errorf("wizard: exit %d, %s", code, term.Restored())
			}
		})
	}
}

// TestNothingFromOutsideReachesTheTerminal: names, codes and descriptions come
// from servers and files; none of them is obeyed.
func TestNothingFromOutsideReachesTheTerminal(t *testing.T) {
	t.Run("account", func(t *testing.T) {
		p := newPerson(t, func(b *sandbox.Behaviour) {
			quick(b)
			b.EditClaims = func(_ sandbox.TokenKind, claims map[string]any) {
				claims["email"] = hostile + "@example.test"
				if of, ok := claims["https://api.openai.com/auth"].(map[string]any); ok {
					of["chatgpt_plan_type"] = hostile
				}
			}
		})
		term := p.sit(termtest.Options{})
		then(keyed("2", atIntro), "enter", atDevice)(term)
		p.enterCode(term, sandbox.MinaPlus)
		awake(term, atDone)
		term.Key("enter")
		term.WaitExit()
		harmless(t, term.Raw())
		if !strings.Contains(term.Screen(), "y@example.test") {
			t.Errorf("the account is not named, so nothing was proven:\n%s", term.Screen())
		}
		for _, args := range [][]string{{"status"}, {"status", "--json"}} {
			r := p.run("", args...)
			if r.code != 0 || !strings.Contains(r.out, "y@example.test") {
				t.Errorf("%+v", r)
			}
			harmlessLines(t, r)
		}
		term = p.sit(termtest.Options{})
		term.WaitFor(atLogin)
		term.Key("ctrl+o")
		term.WaitFor(said("signout.name.forget"))
		term.Key("ctrl+c")
		term.WaitExit()
		harmless(t, term.Raw())
	})
	t.Run("user code", func(t *testing.T) {
		p := newPerson(t, func(b *sandbox.Behaviour) { b.NewUserCode = func() string { return "AB" + hostile } })
		r := p.run("", "--device-auth", "--json")
		if r.code != exitFailed {
			t.Errorf("%+v", r)
		}
		harmlessLines(t, r)
		harmlessLines(t, p.run("", "--device-auth"))
		term := p.sit(termtest.Options{})
		then(keyed("2", atIntro), "enter", said("frame.title.error"))(term)
		term.Key("ctrl+c")
		term.WaitExit()
		harmless(t, term.Raw())
	})
	t.Run("address with the code", func(t *testing.T) {
		p := newPerson(t, func(b *sandbox.Behaviour) {
			b.EditDeviceCode = func(answer map[string]any) {
				answer["interval"] = "1"
				answer["verification_uri_complete"] = "https://elsewhere.test/" + hostile
			}
		})
		term := p.sit(termtest.Options{})
		then(keyed("2", atIntro), "enter", atDevice)(term)
		term.Key("u")
		term.WaitFor(said("frame.what.link"))
		term.Key("ctrl+c")
		term.WaitExit()
		harmless(t, term.Raw())
		if bytes.Contains(term.Raw(), []byte("elsewhere")) {
			t.Error("an address of another site was shown")
		}
	})
	t.Run("refusal", func(t *testing.T) {
		p := newPerson(t, func(b *sandbox.Behaviour) {
			b.Refuse = &sandbox.Refusal{Error: "access_denied", Description: "because " + hostile}
		})
		term := p.sit(termtest.Options{})
		keyed("1", atBrowser)(term)
		page, err := p.issuer.Approve(t.Context(), authorizeLink(term), sandbox.MinaPlus)
		if err != nil {
			t.Fatal(err)
		}
		harmless(t, []byte(page.Body))
		awake(term, "because x")
		term.Key("q")
		if code := term.WaitExit(); code != exitFailed {
			t.Errorf("exit %d", code)
		}
		harmless(t, term.Raw())
	})
	t.Run("names of files and rules", func(t *testing.T) {
		p := newPerson(t, nil)
		// A short path, for which there is room in the header and in the card.
		short, err := os.MkdirTemp("", "c")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = os.RemoveAll(short) })
		p.home = filepath.Join(short, "h"+hostile)
		if err := os.Mkdir(p.home, 0o700); err != nil {
			t.Fatal(err)
		}
		writeConfig(t, p, "forced_login_method = \"api\"\nforced_chatgpt_workspace_id = \"a\\u001b]0;pwned\\u0007b\"\n")
		p.env = []string{"HOME=/nonexistent"}
		harmlessLines(t, p.run("", "--device-auth"))
		harmlessLines(t, p.run("", "--device-auth", "--json"))
		p.writeAuth("{")
		harmlessLines(t, p.run("", "status"))
		harmlessLines(t, p.run("", "status", "--json"))
		term := p.sit(termtest.Options{Cols: 120}, "--device-auth")
		awake(term, said("explain.policy_method.title"))
		if n := strings.Count(term.Screen(), "hx"); n < 2 {
			t.Errorf("the folder is not named, so nothing was proven:\n%s", term.Screen())
		}
		term.Key("ctrl+c")
		term.WaitExit()
		harmless(t, term.Raw())
	})
}
