package loginlog

import (
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

func httpLine(text string) Line {
	return Line{At: noon, Level: slog.LevelInfo, Target: "http", Text: text}
}

// The form of Codex's own: time with microseconds, level in five columns,
// target, message.
func TestLogLine(t *testing.T) {
	for _, c := range []struct {
		line Line
		want string
	}{
		{httpLine("answered status=200"), "2026-11-22T12:00:00.123456Z  INFO codex-login::http: answered status=200"},
		{Line{At: noon.In(time.FixedZone("", 3600)), Level: slog.LevelError, Target: "login", Text: "x"}, "2026-11-22T12:00:00.123456Z ERROR codex-login::login: x"},
		{Line{At: noon, Level: slog.LevelWarn, Target: "login", Text: "x"}, "2026-11-22T12:00:00.123456Z  WARN codex-login::login: x"},
	} {
		if got := c.line.String(); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
	got := line(Stored, []Fact{{"file", "/home/a b/x"}, {"empty", ""}, {"n", "1"}, {"bad", "a\x1b[31m\u202e\"="}})
	if want := `login stored file="/home/a b/x" n=1 bad="a\x1b[31m\u202e\"="`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestTraceKeepsTheLastLines(t *testing.T) {
	trace := NewTrace("")
	for i := range kept + 7 {
		trace.add(httpLine(strings.Repeat("x", i%3)))
	}
	trace.add(httpLine("last"))
	if n := trace.Len(); n != kept+8 {
		t.Errorf("%d lines have been", n)
	}
	if all := trace.Lines(0); len(all) != kept || all[kept-1].Text != "last" {
		t.Errorf("%d lines, the last %q", len(all), all[len(all)-1].Text)
	}
	if news := trace.Lines(kept + 7); len(news) != 1 || news[0].Text != "last" {
		t.Errorf("news: %v", news)
	}
	if news := trace.Lines(kept + 8); len(news) != 0 {
		t.Errorf("news: %v", news)
	}
	var nobody *Trace
	nobody.Add(noon, slog.LevelInfo, Stored)
	if nobody.Lines(0) != nil || nobody.Len() != 0 || nobody.Path() != "" || nobody.Err() != nil {
		t.Error("a Trace that is not there has said something")
	}
}

// Lines of several writers stay whole, and each is heard once.
func TestTraceBesideItself(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "a", "log")
	trace := NewTrace(folder)
	heard := 0
	trace.Follow(func(Line) { heard++ })
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 50 {
				trace.add(httpLine(strings.Repeat("y", 200)))
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
	path := filepath.Join(folder, fileName)
	const codex = "2026-11-22T10:33:33.864064Z  INFO codex_cli::login: starting api key login flow\n"
	if err := os.WriteFile(path, []byte(codex), 0o600); err != nil {
		t.Fatal(err)
	}
	trace := NewTrace(folder)
	trace.add(httpLine("one"))
	trace.add(httpLine("two"))
	text, _ := os.ReadFile(path)
	if want := codex + httpLine("one").String() + "\n" + httpLine("two").String() + "\n"; string(text) != want || trace.Err() != nil {
		t.Errorf("%q, %v", text, trace.Err())
	}
}

// A full log gets another name, and a new one begins: no line is lost, and
// there are never more than two files.
func TestLogIsBounded(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, fileName)
	trace := NewTrace(folder)
	for _, generation := range []string{"first", "second"} {
		full := generation + "\n" + strings.Repeat("x", limit) + "\n"
		if err := os.WriteFile(path, []byte(full), 0o600); err != nil {
			t.Fatal(err)
		}
		trace.add(httpLine(generation))
		old, _ := os.ReadFile(path + ".old")
		now, _ := os.ReadFile(path)
		if string(old) != full || string(now) != httpLine(generation).String()+"\n" {
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
	path := filepath.Join(folder, fileName)
	full := "kept\n" + strings.Repeat("x", limit) + "\n"
	if err := os.WriteFile(path, []byte(full), 0o600); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() { NewTrace(folder).add(httpLine("one of them")) })
	}
	all.Wait()
	old, _ := os.ReadFile(path + ".old")
	now, _ := os.ReadFile(path)
	if !strings.HasPrefix(string(old), "kept\n") || strings.Count(string(old)+string(now), "one of them\n") != 8 {
		t.Errorf("%d bytes old, %q now", len(old), now)
	}
}
