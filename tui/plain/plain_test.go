package plain

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"codex-login/assets"
	"codex-login/credstore"
	"codex-login/flows"
	"codex-login/policy"
)

var someone = flows.Account{
	Method: flows.AccountChatGPT, Mode: credstore.AuthChatGPT, Email: "ann@example.test", UserID: "user-1", WorkspaceID: "ws-1",
	Plan: "plus", Place: credstore.Place{Kind: credstore.KindFile, Where: "/home/ann/.codex/auth.json"}, StoreMode: credstore.ModeFile,
	ExpiresAt: time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC),
}

// Scripts read the first line, so it is Codex's in every language and state.
func TestFirstLineIsCodexs(t *testing.T) {
	for _, test := range []struct {
		account flows.Account
		err     error
		want    string
	}{
		{someone, nil, "Logged in using ChatGPT"},
		{flows.Account{Mode: credstore.AuthAPIKey, KeyHint: "sk-proj-***abcde"}, nil, "API key configured - sk-proj-***abcde"},
		{flows.Account{Mode: credstore.AuthPersonalAccessToken}, nil, "Logged in using personal access token"},
		{flows.Account{Mode: credstore.AuthBedrockAPIKey}, nil, "Logged in using Amazon Bedrock API key"},
		{flows.Account{Mode: credstore.AuthBedrockAccessKeys}, nil, "Logged in using Amazon Bedrock AWS access keys"},
		{flows.Account{}, credstore.ErrNotFound, "Not logged in"},
		{someone, &policy.Violation{Rule: policy.ForcedMethod}, "Not logged in"},
	} {
		var out bytes.Buffer
		(&Lines{Say: assets.Speak("en"), Out: &out, Err: io.Discard}).Status(Standing{Account: test.account, Err: test.err})
		if first, _, _ := strings.Cut(out.String(), "\n"); first != test.want {
			t.Errorf("%q, want %q", first, test.want)
		}
	}
}

// Automatic choice says when it passed over the keyring, and why.
func TestStatusNamesThePassedOverKeyring(t *testing.T) {
	var talk bytes.Buffer
	a := someone
	a.Place.Fallback = &credstore.Error{Problem: credstore.ProblemUnavailable, Op: "read"}
	(&Lines{Say: assets.Speak("en"), Out: io.Discard, Err: &talk}).Status(Standing{Account: a})
	if !strings.Contains(talk.String(), "no keyring") {
		t.Errorf("said: %q", talk.String())
	}
}

func TestUnknownIsNull(t *testing.T) {
	var out bytes.Buffer
	(&Events{Say: assets.Speak("en"), Out: &out}).Status(Standing{Account: flows.Account{Method: flows.AccountAPIKey, Mode: credstore.AuthAPIKey}})
	var fields map[string]any
	if err := json.Unmarshal(out.Bytes(), &fields); err != nil {
		t.Fatal(err)
	}
	if fields["schema"] != 1.0 || fields["signed_in"] != true {
		t.Errorf("fields %v", fields)
	}
	for name, value := range fields {
		if value == "" {
			t.Errorf("%s is an empty text", name)
		}
	}
	if v, there := fields["email"]; !there || v != nil {
		t.Errorf("email: %v, %v", v, there)
	}
}

// Every event is an object of its own on a line of its own, whatever is in it.
func TestEventsAreLines(t *testing.T) {
	var out bytes.Buffer
	e := &Events{Say: assets.Speak("en"), Out: &out}
	hostile := errors.New("a\nb\x1b[31m\"\u2028")
	e.started(flows.Device, position{})
	e.note(flows.Note{Code: flows.NoteRetrying, Err: hostile})
	e.note(flows.Note{Code: flows.NoteExchanging})
	e.refused(&flows.InputError{Problem: flows.InputWrongState})
	e.result(flows.Receipt{Account: someone, Previous: &someone}, previous{asked: true, err: hostile})
	e.Failed(hostile)
	e.SignedOut(flows.SignedOut{Account: someone, RevokeErr: hostile}, nil)
	lines := strings.Split(strings.TrimRight(out.String(), "\n"), "\n")
	if len(lines) != 7 {
		t.Fatalf("%d lines", len(lines))
	}
	for _, line := range lines {
		var fields map[string]any
		if err := json.Unmarshal([]byte(line), &fields); err != nil {
			t.Errorf("%v: %s", err, line)
		}
		if fields["schema"] != 1.0 || fields["event"] == nil {
			t.Errorf("no schema or event: %s", line)
		}
	}
}

func TestLinesAreNeverDrawn(t *testing.T) {
	var out, talk bytes.Buffer
	l := &Lines{Say: assets.Speak("en"), Out: &out, Err: &talk}
	l.started(flows.Browser, position{})
	l.note(flows.Note{Code: flows.NoteRetrying, Err: errors.New("bad\x1b[2Jserver")})
	l.result(flows.Receipt{Account: someone, Previous: &someone}, previous{asked: true, err: errors.New("bad\x1b[2Jserver")})
	l.Failed(flows.ErrExpired)
	if all := out.String() + talk.String(); strings.ContainsAny(all, "\x1b\r\a") {
		t.Errorf("control characters in %q", all)
	}
}

func inputOf(t *testing.T, text string) *Input {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		_, _ = io.WriteString(w, text)
		_ = w.Close()
	}()
	t.Cleanup(func() { _ = r.Close() })
	return NewInput(r)
}

func TestChoose(t *testing.T) {
	rules, err := policy.Load(policy.Options{Home: t.TempDir(), System: t.TempDir(), Overrides: []string{`forced_login_method="chatgpt"`}})
	if err != nil {
		t.Fatal(err)
	}
	login := &flows.Login{Rules: rules}
	for _, test := range []struct {
		name, typed string
		keep        bool
		want        flows.Method
		err         error
	}{
		{"the second", "2\n", false, flows.Device, nil},
		{"after nonsense", "x\n9\n-1\n1\n", false, flows.Browser, nil},
		{"what fits here", "\n", false, flows.Device, nil},
		{"without a line end", "2", false, flows.Device, nil},
		{"a forbidden one first", "3\n1\n", false, flows.Browser, nil},
		{"nothing", "", false, "", io.EOF},
		{"keep", "0\n", true, "", ErrKept},
		{"nothing to keep", "0\n", false, "", io.EOF},
	} {
		t.Run(test.name, func(t *testing.T) {
			var talk bytes.Buffer
			var r flows.Request
			err := menu{&Lines{Say: assets.Speak("en"), Out: io.Discard, Err: &talk}, login, inputOf(t, test.typed)}.method(t.Context(), &r, test.keep)
			if r.Method != test.want || !errors.Is(err, test.err) {
				t.Errorf("%q, %v", r.Method, err)
			}
			if !strings.Contains(talk.String(), "3. OpenAI API key (billed at API rates) - not allowed: forced_login_method in -c") {
				t.Errorf("the forbidden way is not marked:\n%s", talk.String())
			}
		})
	}
}

func TestInputHasALimit(t *testing.T) {
	if _, err := inputOf(t, strings.Repeat("k", maxInput+1)).All(t.Context()); !errors.Is(err, ErrTooMuchInput) {
		t.Errorf("got %v", err)
	}
	if text, err := inputOf(t, strings.Repeat("k", maxInput)).All(t.Context()); err != nil || len(text) != maxInput {
		t.Errorf("%d bytes, %v", len(text), err)
	}
}

func loginOf(t *testing.T, overrides ...string) *flows.Login {
	t.Helper()
	dir := t.TempDir()
	home, err := credstore.FindHome(func(name string) string { return map[string]string{"CODEX_HOME": dir}[name] })
	if err != nil {
		t.Fatal(err)
	}
	rules, err := policy.Load(policy.Options{Home: dir, System: t.TempDir(), Overrides: overrides})
	if err != nil {
		t.Fatal(err)
	}
	return &flows.Login{Home: home, Rules: rules}
}

// The place can be chosen at the menu, by number, and before the way.
func TestChooseThePlace(t *testing.T) {
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere")
	for _, test := range []struct {
		name, typed string
		overrides   []string
		want        credstore.Mode
		said        string
	}{
		{"memory", "s\n4\n3\n", nil, credstore.ModeEphemeral, "kept there: ephemeral"},
		{"as it was", "s\n\n3\n", nil, "", "File, readable by your user only: "},
		{"nonsense", "s\n9\nx\n1\n3\n", nil, credstore.ModeFile, "Please type a number from 1 to 4."},
		{"marked", "s\n\n3\n", []string{`cli_auth_credentials_store="auto"`}, "", " - chosen now"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var talk bytes.Buffer
			var r flows.Request
			m := menu{&Lines{Say: assets.Speak("en"), Out: io.Discard, Err: &talk}, loginOf(t, test.overrides...), inputOf(t, test.typed)}
			if err := m.method(t.Context(), &r, false); err != nil || r.Store != test.want || r.Method != flows.APIKey {
				t.Errorf("%+v, %v", r, err)
			}
			if !strings.Contains(talk.String(), test.said) {
				t.Errorf("it does not say %q:\n%s", test.said, talk.String())
			}
		})
	}
}

// A key in the environment is offered by its hint and taken with e.
func TestKeyOfTheEnvironment(t *testing.T) {
	const key = "sk-proj-intheenvironment0123456789"
	for name, test := range map[string]struct{ set, typed, want string }{
		"taken":       {key, "3\ne\n", key},
		"passed over": {key, "3\nsk-another-0123456789\n", "sk-another-0123456789"},
		"none":        {"", "3\ne\nsk-another-0123456789\n", "sk-another-0123456789"},
	} {
		var talk bytes.Buffer
		login := loginOf(t)
		login.Environment = func(string) string { return test.set }
		s := Session{Login: login, Voice: &Lines{Say: assets.Speak("en"), Out: io.Discard, Err: &talk}}
		var r flows.Request
		if err := s.Ask(t.Context(), &r, inputOf(t, test.typed), false); err != nil || r.Secret.Reveal() != test.want {
			t.Errorf("%s: %v", name, err)
		}
		if offered := strings.Contains(talk.String(), "sk-proj-***56789"); offered != (test.set != "") || strings.Contains(talk.String(), key) {
			t.Errorf("%s:\n%s", name, talk.String())
		}
	}
}

// What a code needs and whom it must not be given comes before the code.
func TestWarningComesBeforeTheCode(t *testing.T) {
	c := &flows.Challenge{Method: flows.Device, URL: "https://example.test/device", UserCode: "ABCD-1234"}
	var all bytes.Buffer
	(&Lines{Say: assets.Speak("en"), Out: &all, Err: &all}).challenge(asked{Challenge: c})
	text := all.String()
	code := strings.Index(text, c.UserCode)
	for _, before := range []string{"must be enabled first", flows.PersonalSettings, "Only continue if you started"} {
		if i := strings.Index(text, before); i < 0 || i > code {
			t.Errorf("%q is not said before the code:\n%s", before, text)
		}
	}
	all.Reset()
	(&Events{Say: assets.Speak("en"), Out: &all}).challenge(asked{Challenge: c})
	var fields map[string]any
	if err := json.NewDecoder(&all).Decode(&fields); err != nil {
		t.Fatal(err)
	}
	if fields["enable_url"] != flows.PersonalSettings || !strings.HasPrefix(fmt.Sprint(fields["warning"]), "Only continue") {
		t.Errorf("%v", fields)
	}
}

// Whatever is wrong with the login, status is one object.
func TestStatusIsOneObject(t *testing.T) {
	for name, test := range map[string]struct {
		err  error
		code any
	}{
		"nobody":     {credstore.ErrNotFound, nil},
		"signed in":  {nil, nil},
		"unreadable": {&credstore.Error{Problem: credstore.ProblemCorrupt}, "store"},
		"hidden":     {&policy.Violation{Rule: policy.AllowedMethods}, "policy"},
	} {
		var out bytes.Buffer
		(&Events{Say: assets.Speak("en"), Out: &out}).Status(Standing{Account: someone, Err: test.err})
		var fields map[string]any
		if err := json.Unmarshal(out.Bytes(), &fields); err != nil {
			t.Errorf("%s: %v: %s", name, err, out.String())
			continue
		}
		why, _ := fields["error"].(map[string]any)
		if _, there := fields["error"]; !there || fields["signed_in"] != (test.err == nil) || why["code"] != test.code {
			t.Errorf("%s: %s", name, out.String())
		}
		if test.code != nil && (why["message"] == "" || why["hint"] == nil) {
			t.Errorf("%s: %v", name, why)
		}
	}
}

// What became of the session that was replaced is said as it is.
func TestPreviousSession(t *testing.T) {
	receipt := flows.Receipt{Account: someone, Previous: &someone}
	for name, test := range map[string]struct {
		p       previous
		said    string
		revoked any
	}{
		"kept":        {previous{}, "still works", nil},
		"revoked":     {previous{asked: true}, "has been ended", true},
		"not revoked": {previous{asked: true, err: flows.ErrTimedOut}, "could not be ended", false},
	} {
		var talk, out bytes.Buffer
		(&Lines{Say: assets.Speak("en"), Out: io.Discard, Err: &talk}).result(receipt, test.p)
		if !strings.Contains(talk.String(), test.said) {
			t.Errorf("%s: %s", name, talk.String())
		}
		(&Events{Say: assets.Speak("en"), Out: &out}).result(receipt, test.p)
		var fields map[string]any
		if err := json.Unmarshal(out.Bytes(), &fields); err != nil {
			t.Fatal(err)
		}
		if fields["previous_revoked"] != test.revoked || (fields["revoke_error"] != nil) != (test.p.err != nil) {
			t.Errorf("%s: %s", name, out.String())
		}
	}
}

// A read that waits for somebody ends with the context.
func TestReadingCanBeCancelled(t *testing.T) {
	for name, read := range map[string]func(*Input, context.Context) (string, error){
		"Line": (*Input).Line, "Hidden": (*Input).Hidden, "All": (*Input).All,
	} {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() {
			_, err := read(NewInput(r), ctx)
			ended <- err
		}()
		cancel()
		if err := <-ended; !errors.Is(err, flows.ErrCancelled) {
			t.Errorf("%s: %v", name, err)
		}
		_ = w.Close()
	}
}

// A folder's name may hold anything.
func TestPlaceIsPrintable(t *testing.T) {
	a := someone
	a.Place.Where = "/home/x\x1b]0;pwned\x07y\u202e"
	var all bytes.Buffer
	(&Lines{Say: assets.Speak("en"), Out: &all, Err: &all}).Status(Standing{Account: a})
	(&Events{Say: assets.Speak("en"), Out: &all}).Status(Standing{Account: a})
	if text := all.String(); strings.ContainsAny(text, "\x1b\x07\u202e") || strings.Contains(text, `\u001b`) {
		t.Errorf("%q", text)
	}
}

func TestNextLine(t *testing.T) {
	r := bufio.NewReader(strings.NewReader(" one \r\n\n" + strings.Repeat("x", 3*maxInput) + "\nlast"))
	var got []int
	for {
		text, err := nextLine(r)
		if err != nil {
			break
		}
		got = append(got, len(text))
	}
	if len(got) != 4 || got[0] != 3 || got[1] != 0 || got[2] <= maxInput || got[2] > 2*maxInput || got[3] != 4 {
		t.Errorf("lengths %v", got)
	}
}
