package flows

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 123456789, time.UTC)

func traceLine(text string) TraceLine {
	return TraceLine{At: noon, Level: slog.LevelInfo, Target: "http", Text: text}
}

// The form of Codex's own: time with microseconds, level in five columns,
// target, message.
func TestLogLine(t *testing.T) {
	for _, c := range []struct {
		line TraceLine
		want string
	}{
		{traceLine("answered status=200"), "2026-11-22T12:00:00.123456Z  INFO codex-login::http: answered status=200"},
		{TraceLine{At: noon.In(time.FixedZone("", 3600)), Level: slog.LevelError, Target: "login", Text: "x"}, "2026-11-22T12:00:00.123456Z ERROR codex-login::login: x"},
		{TraceLine{At: noon, Level: slog.LevelWarn, Target: "login", Text: "x"}, "2026-11-22T12:00:00.123456Z  WARN codex-login::login: x"},
	} {
		if got := c.line.String(); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
	got := line("stored", []fact{{"file", "/home/a b/x"}, {"empty", ""}, {"n", "1"}, {"bad", "a\x1b[31m\u202e\"="}})
	if want := `stored file="/home/a b/x" n=1 bad="a\x1b[31m\u202e\"="`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestTraceKeepsTheLastLines(t *testing.T) {
	trace := NewTrace("")
	for i := range traced + 7 {
		trace.add(traceLine(strings.Repeat("x", i%3)))
	}
	trace.add(traceLine("last"))
	if n := trace.Len(); n != traced+8 {
		t.Errorf("%d lines have been", n)
	}
	if all := trace.Lines(0); len(all) != traced || all[traced-1].Text != "last" {
		t.Errorf("%d lines, the last %q", len(all), all[len(all)-1].Text)
	}
	if news := trace.Lines(traced + 7); len(news) != 1 || news[0].Text != "last" {
		t.Errorf("news: %v", news)
	}
	if news := trace.Lines(traced + 8); len(news) != 0 {
		t.Errorf("news: %v", news)
	}
	var nobody *Trace
	nobody.add(traceLine("x"))
	if nobody.Lines(0) != nil || nobody.Len() != 0 || nobody.Path() != "" || nobody.Err() != nil {
		t.Error("a Trace that is not there has said something")
	}
}

// Lines of several writers stay whole, and each is heard once.
func TestTraceBesideItself(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "a", "log")
	trace := NewTrace(folder)
	heard := 0
	trace.Follow(func(TraceLine) { heard++ })
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 50 {
				trace.add(traceLine(strings.Repeat("y", 200)))
			}
		})
	}
	all.Wait()
	text, err := os.ReadFile(trace.Path())
	if err != nil {
		t.Fatal(err)
	}
	if n := len(regexp.MustCompile(`(?m)^2026\S+  INFO codex-login::http: y{200}$`).FindAll(text, -1)); n != 400 || heard != 400 {
		t.Errorf("%d whole lines, %d heard", n, heard)
	}
}

func TestLogIsAppended(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, loginLogName)
	const codex = "2026-11-22T10:33:33.864064Z  INFO codex_cli::login: starting api key login flow\n"
	if err := os.WriteFile(path, []byte(codex), 0o600); err != nil {
		t.Fatal(err)
	}
	trace := NewTrace(folder)
	trace.add(traceLine("one"))
	trace.add(traceLine("two"))
	text, _ := os.ReadFile(path)
	if want := codex + traceLine("one").String() + "\n" + traceLine("two").String() + "\n"; string(text) != want || trace.Err() != nil {
		t.Errorf("%q, %v", text, trace.Err())
	}
}

// A full log gets another name, and a new one begins: no line is lost, and
// there are never more than two files.
func TestLogIsBounded(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, loginLogName)
	trace := NewTrace(folder)
	for _, generation := range []string{"first", "second"} {
		full := generation + "\n" + strings.Repeat("x", loginLogLimit) + "\n"
		if err := os.WriteFile(path, []byte(full), 0o600); err != nil {
			t.Fatal(err)
		}
		trace.add(traceLine(generation))
		old, _ := os.ReadFile(path + ".old")
		now, _ := os.ReadFile(path)
		if string(old) != full || string(now) != traceLine(generation).String()+"\n" {
			t.Errorf("%s: %d bytes old, %q now", generation, len(old), now)
		}
	}
	found, _ := os.ReadDir(folder)
	if len(found) != 2 || trace.Err() != nil {
		t.Errorf("%v, %v", found, trace.Err())
	}
}

// Programs that come at once rename a full log once: what was in it is in one
// of the two files.
func TestLogIsBoundedBesideOthers(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, loginLogName)
	full := "kept\n" + strings.Repeat("x", loginLogLimit) + "\n"
	if err := os.WriteFile(path, []byte(full), 0o600); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() { NewTrace(folder).add(traceLine("one of them")) })
	}
	all.Wait()
	old, _ := os.ReadFile(path + ".old")
	now, _ := os.ReadFile(path)
	if !strings.HasPrefix(string(old), "kept\n") || strings.Count(string(old)+string(now), "one of them\n") != 8 {
		t.Errorf("%d bytes old, %q now", len(old), now)
	}
}

// A sign-in goes on without its log, and says so once.
func TestLogThatCannotBeWritten(t *testing.T) {
	s := startSandbox(t, sandboxOptions())
	for name, spoil := range map[string]func(folder string) error{
		"a file in the folder's place": func(folder string) error { return os.WriteFile(folder, nil, 0o600) },
		"a folder in the file's place": func(folder string) error { return os.MkdirAll(filepath.Join(folder, loginLogName), 0o700) },
	} {
		l := newLogin(t, s)
		folder := filepath.Join(l.Home.Path, "log")
		if err := spoil(folder); err != nil {
			t.Fatal(err)
		}
		l.Trace = NewTrace(folder)
		c := begin(t, l, Request{Method: APIKey, Secret: secretOf("sk-proj-0123456789abcdef")})
		if _, err := l.Finish(t.Context(), c); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		said := 0
		for _, n := range c.Notes() {
			var e *LogError
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
	l.Trace = NewTrace(filepath.Join(l.Home.Path, "log"))
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

// Of an address only what is ours is logged: a gateway's path may have its key.
func TestLogHasNoConfiguredPath(t *testing.T) {
	for address, want := range map[string]string{
		"https://auth.openai.com/oauth/token":               "/oauth/token",
		"http://u:pw@h/pathSECRET/oauth/token":              "/oauth/token",
		"https://gateway.example/keySECRET/v1/models?k=1":   "/v1/models",
		"https://gateway.example/keySECRET/models":          "/models",
		"https://override.example/renew/SECRET":             "",
		"https://x/SECRET/v1/user-auth-credential/whoami":   "/v1/user-auth-credential/whoami",
		"https://x/api/accounts/deviceauth/token#fragment":  "/api/accounts/deviceauth/token",
		"https://x/SECRET/api/accounts/deviceauth/usercode": "/api/accounts/deviceauth/usercode",
	} {
		if got := pathFact(address).value; got != want {
			t.Errorf("%s: %q", address, got)
		}
	}
}

func TestLogSaysATimeLimit(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 0)
	defer cancel()
	<-ctx.Done()
	if got := line("x", errorFacts(ctx.Err())); !strings.HasSuffix(got, " why=timeout") {
		t.Error(got)
	}
}
