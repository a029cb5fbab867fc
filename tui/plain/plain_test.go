package plain

import (
	"bytes"
	"encoding/json"
	"errors"
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
		(&Lines{Say: assets.Speak("en"), Out: &out, Err: io.Discard}).Status(test.account, test.err)
		if first, _, _ := strings.Cut(out.String(), "\n"); first != test.want {
			t.Errorf("%q, want %q", first, test.want)
		}
	}
}

func TestUnknownIsNull(t *testing.T) {
	var out bytes.Buffer
	(&Events{Say: assets.Speak("en"), Out: &out}).Status(flows.Account{Method: flows.AccountAPIKey, Mode: credstore.AuthAPIKey}, nil)
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
	e.started(flows.Device)
	e.note(flows.Note{Code: flows.NoteRetrying, Err: hostile})
	e.note(flows.Note{Code: flows.NoteExchanging})
	e.refused(&flows.InputError{Problem: flows.InputWrongState})
	e.result(flows.Receipt{Account: someone, Previous: &someone})
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
	l.started(flows.Browser)
	l.note(flows.Note{Code: flows.NoteRetrying, Err: errors.New("bad\x1b[2Jserver")})
	l.result(flows.Receipt{Account: someone})
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
		{"after nonsense", "x\n9\n\n1\n", false, flows.Browser, nil},
		{"without a line end", "2", false, flows.Device, nil},
		{"a forbidden one first", "3\n1\n", false, flows.Browser, nil},
		{"nothing", "", false, "", io.EOF},
		{"keep", "0\n", true, "", ErrKept},
		{"nothing to keep", "0\n", false, "", io.EOF},
	} {
		t.Run(test.name, func(t *testing.T) {
			var talk bytes.Buffer
			got, err := (&Lines{Say: assets.Speak("en"), Out: io.Discard, Err: &talk}).Choose(login, inputOf(t, test.typed), test.keep)
			if got != test.want || !errors.Is(err, test.err) {
				t.Errorf("%q, %v", got, err)
			}
			if !strings.Contains(talk.String(), "3. OpenAI API key (billed at API rates) - not allowed: forced_login_method in -c") {
				t.Errorf("the forbidden way is not marked:\n%s", talk.String())
			}
		})
	}
}

func TestInputHasALimit(t *testing.T) {
	if _, err := inputOf(t, strings.Repeat("k", maxInput+1)).All(); !errors.Is(err, ErrTooMuchInput) {
		t.Errorf("got %v", err)
	}
	if text, err := inputOf(t, strings.Repeat("k", maxInput)).All(); err != nil || len(text) != maxInput {
		t.Errorf("%d bytes, %v", len(text), err)
	}
}
