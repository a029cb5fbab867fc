package flows

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"codex-login/flows/loginlog"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 123456789, time.UTC)

// A sign-in goes on without its log, and says so once.
func TestLogThatCannotBeWritten(t *testing.T) {
	s := startSandbox(t, sandboxOptions())
	for name, spoil := range map[string]func(folder string) error{
		"a file in the folder's place": func(folder string) error { return os.WriteFile(folder, nil, 0o600) },
		"a folder in the file's place": func(folder string) error { return os.MkdirAll(filepath.Join(folder, "codex-login.log"), 0o700) },
	} {
		l := newLogin(t, s)
		folder := filepath.Join(l.Home.Path, "log")
		if err := spoil(folder); err != nil {
			t.Fatal(err)
		}
		l.Trace = loginlog.NewTrace(folder)
		c := begin(t, l, Request{Method: APIKey, Secret: secretOf("sk-proj-0123456789abcdef")})
		if _, err := l.Finish(t.Context(), c); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		said := 0
		for _, n := range c.Notes() {
			var e *loginlog.Error
			if n.Code == NoteLogNotWritten && errors.As(n.Err, &e) && e.Path == l.Trace.Path() {
				said++
			}
		}
		if said != 1 || l.Trace.Len() < 2 {
			t.Errorf("%s: said %d times: %v; %d lines", name, said, c.Notes(), l.Trace.Len())
		}
	}
}

// Who only looks writes nothing.
func TestReadersWriteNoLog(t *testing.T) {
	s := startSandbox(t, sandboxOptions())
	l := newLogin(t, s)
	signIn(t, l, s, minaPlus)
	l.Trace = loginlog.NewTrace(filepath.Join(l.Home.Path, "log"))
	if _, err := l.Current(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Accounts(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Enforce(context.Background(), nil); err != nil {
		t.Fatal(err)
	}
	l.Stores(t.Context())
	if _, err := os.Stat(filepath.Dir(l.Trace.Path())); !errors.Is(err, os.ErrNotExist) || l.Trace.Len() != 0 {
		t.Errorf("%v: %v", err, l.Trace.Lines(0))
	}
}

func TestLogSaysATimeLimit(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 0)
	defer cancel()
	<-ctx.Done()
	if got := loginlog.Text(errorFacts(ctx.Err())); !strings.HasSuffix(got, " why=timeout") {
		t.Error(got)
	}
}

// A note's proxy is no program, and its address is nobody's to read in a log.
func TestLogNamesTheProxysVariable(t *testing.T) {
	l := newLogin(t, startSandbox(t, sandboxOptions()))
	l.Trace = loginlog.NewTrace(filepath.Join(l.Home.Path, "log"))
	l.logNote(Note{Code: NoteThroughProxy, Holder: "http://proxy.example.test:3128", Where: "HTTPS_PROXY"})
	lines := l.Trace.Lines(0)
	if len(lines) != 1 || !strings.Contains(lines[0].Text, "proxy=HTTPS_PROXY") || strings.Contains(lines[0].Text, "example") {
		t.Error(lines)
	}
}
