package flows

import (
	"errors"
	"net/url"
	"strings"
	"testing"

	"codex-login/flows/sandbox"
)

// TestPaste finishes a sign-in with what people bring from another machine.
func TestPaste(t *testing.T) {
	s := startSandbox(t, sandbox.Options{})
	l := newLogin(t, s)
	c := begin(t, l, Request{Method: Browser})
	f := c.flow.(*browserFlow)
	good := "http://127.0.0.1:1455/auth/callback?code=ac_0123456789abcdef&state=" + f.state
	for _, test := range []struct {
		name, text string
		problem    InputProblem
	}{
		{"as it is", good, ""},
		{"localhost", strings.Replace(good, "127.0.0.1", "localhost", 1), ""},
		{"another port", strings.Replace(good, "1455", "1457", 1), ""},
		{"no scheme", strings.TrimPrefix(good, "http://"), ""},
		{"wrapped and quoted", " \"" + good[:40] + "\n    " + good[40:70] + "\r\n" + good[70:] + "\"\n", ""},
		{"zero width", "\u200b" + good + "\ufeff", ""},
		{"only the query", good[strings.Index(good, "?"):], ""},
		{"only the pairs", good[strings.Index(good, "?")+1:], ""},
		{"a bare code", "ac_0123456789abcdef.xyz", ""},
		{"IPv6", strings.Replace(good, "127.0.0.1:1455", "[::1]:1455", 1), ""},
		{"with a fragment", good + "#", ""},
		{"escaped for HTML", strings.Replace(good, "&", "&amp;", 1), ""},
		{"escaped twice", strings.Replace(good, "&", "&amp;amp;", 1), ""},
		{"escaped for JSON", strings.Replace(good, "&", `\u0026`, 1), ""},
		{"escaped for a shell", strings.NewReplacer("&", `\&`, "?", `\?`, "=", `\=`).Replace(good), ""},
		{"escaped for cmd", strings.Replace(good, "&", "^&", 1), ""},
		{"the end of a sentence", "(" + good + ").", ""},
		{"in a chat", "<" + good + ">,", ""},
		{"capital letters", strings.Replace(good, "http://127.0.0.1", "HTTP://LocalHost", 1), ""},
		{"made https by the browser", strings.Replace(good, "http:", "https:", 1), ""},
		{"out of a pane", "│ " + good[:50] + " │\n│ " + good[50:] + "   │", ""},
		{"out of a mail", "> " + good[:50] + "\n> " + good[50:], ""},
		{"a wrapped bare code", "ac_012345678\n  9abcdef.xyz\r\n", ""},
		{"a bare code in quotes", "'ac_0123456789abcdef.xyz'.", ""},
		{"a state that was cut", good[:len(good)-1], InputWrongState},
		{"two states", good + "&state=other", InputWrongState},
		{"nothing", "  \n ", InputEmpty},
		{"a word", "hello", InputNotARedirect},
		{"the authorize URL", c.URL, InputNotARedirect},
		{"another site", "https://evil.test/auth/callback?code=ac_0123456789abcdef&state=" + f.state, InputNotARedirect},
		{"another path", "http://localhost:1455/success?code=x&state=" + f.state, InputNotARedirect},
		{"another sign-in", "http://localhost:1455/auth/callback?code=ac_0123456789abcdef&state=other", InputWrongState},
		{"no state", "http://localhost:1455/auth/callback?code=ac_0123456789abcdef", InputWrongState},
		{"no code", "http://localhost:1455/auth/callback?state=" + f.state, InputNoCode},
		{"far too long", strings.Repeat("x", 20<<10), InputTooLong},
	} {
		got, err := f.parsePaste(test.text)
		var input *InputError
		switch {
		case test.problem == "" && (err != nil || got.err != nil || !strings.HasPrefix(got.code, "ac_0123456789abcdef")):
			t.Errorf("%s: %+v, %v", test.name, got, err)
		case test.problem != "" && (!errors.As(err, &input) || input.Problem != test.problem):
			t.Errorf("%s: %v, want %s", test.name, err, test.problem)
		}
	}
}

func TestPasteFinishesTheSignIn(t *testing.T) {
	s := startSandbox(t, sandbox.Options{})
	l := newLogin(t, s)
	c := begin(t, l, Request{Method: Browser})
	end := finishing(t.Context(), l, c)
	// The browser is on another machine: the page at the end does not load,
	// and its address is what the person can copy.
	_ = c.flow.(*browserFlow).server.Close()
	_, err := s.Approve(t.Context(), c.URL, sandbox.MinaPlus)
	var unreachable *url.Error
	if !errors.As(err, &unreachable) {
		t.Fatalf("got %v", err)
	}
	redirect := unreachable.URL
	if err := c.Answer(redirect); err != nil {
		t.Fatal(err)
	}
	if _, err := end(); err != nil {
		t.Fatal(err)
	}
	var input *InputError
	if err := c.Answer(redirect); !errors.As(err, &input) {
		t.Errorf("a second answer was taken: %v", err)
	}
}

func FuzzPaste(f *testing.F) {
	f.Add("http://127.0.0.1:1455/auth/callback?code=abc&state=STATE")
	f.Add("code=1&state=STATE&error=x")
	f.Add("│ localhost:1455/auth/callback?code=abc&amp;st │\n> ate=STATE).")
	f.Add(`\u0026amp;amp;^\?code=&#38;`)
	flow := &browserFlow{login: answeredWith(100, nil), state: "STATE"}
	f.Fuzz(func(t *testing.T, text string) {
		a, err := flow.parsePaste(text)
		if err != nil {
			var input *InputError
			if !errors.As(err, &input) {
				t.Errorf("untyped error %v", err)
			}
			return
		}
		if a.code == "" && a.err == nil {
			t.Error("taken without a code and without an error")
		}
	})
}
