package assets

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/pelletier/go-toml/v2"
)

// allTexts is every text of a language by its id.
func allTexts(t *testing.T, lang string) map[string]string {
	t.Helper()
	out := map[string]string{}
	entries, err := files.ReadDir("messages")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), "."+lang+".toml") {
			continue
		}
		b, err := files.ReadFile("messages/" + e.Name())
		if err != nil {
			t.Fatal(err)
		}
		var tree map[string]any
		if err := toml.Unmarshal(b, &tree); err != nil {
			t.Fatalf("%s: %v", e.Name(), err)
		}
		flatten(out, "", tree)
	}
	return out
}

func flatten(out map[string]string, path string, tree map[string]any) {
	for key, value := range tree {
		switch v := value.(type) {
		case string:
			out[path+key] = v
		case map[string]any:
			flatten(out, path+key+".", v)
		}
	}
}

func TestSay(t *testing.T) {
	say := Speak("xx", "", "en_US.UTF-8")
	if got := say.Say("note.other_port", "Holder", "python3"); !strings.Contains(got, "python3") {
		t.Errorf("got %q", got)
	}
	if got := say.Say("no.such.text"); got != "no.such.text" {
		t.Errorf("got %q", got)
	}
}

// Where there is nothing but ASCII, no English text has anything else.
func TestASCII(t *testing.T) {
	say := Speak("en").ASCII()
	for id := range allTexts(t, "en") {
		text := say.Say(id)
		if i := strings.IndexFunc(text, func(r rune) bool { return r > '~' }); i >= 0 {
			t.Errorf("%s: %q", id, text)
		}
	}
}

// TestEveryTextIsSaid finds the texts that the code names in full, and those
// that nothing names.
func TestEveryTextIsSaid(t *testing.T) {
	texts := allTexts(t, "en")
	source := allSource(t)
	for id, text := range texts {
		if text == "" {
			t.Errorf("%s is empty", id)
		}
		if strings.TrimSpace(text) != text {
			t.Errorf("%s has white space around it", id)
		}
		// An id is named in full, or put together from its table and its name.
		name := id[strings.LastIndex(id, ".")+1:]
		stem, _, _ := strings.Cut(id, "_")
		if !strings.Contains(source, name) && !strings.Contains(source, `"`+stem+`_"`) {
			t.Errorf("nothing says %s", id)
		}
	}
	for _, m := range regexp.MustCompile(`\.Say\("([a-z0-9_.]+)"[,)]`).FindAllStringSubmatch(source, -1) {
		if _, ok := texts[m[1]]; !ok {
			t.Errorf("the text %s does not exist", m[1])
		}
	}
}

// allSource is the code of all rooms without tests.
func allSource(t *testing.T) string {
	t.Helper()
	var all bytes.Buffer
	err := filepath.WalkDir("..", func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == ".git" || d.Name() == ".deps") {
			return filepath.SkipDir
		}
		if strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go") {
			b, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			all.Write(b)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all.String()
}

func TestPageEscapes(t *testing.T) {
	var out bytes.Buffer
	p := Page{Failed: true, Title: `<script>alert(1)</script>`, Text: `"&`, Nonce: "abc"}
	if err := p.Write(&out); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(out.String(), "<script>") || !strings.Contains(out.String(), `nonce="abc"`) {
		t.Errorf("page:\n%s", out.String())
	}
}

// What a text proposes to type exists in the shells of Windows.
func TestWindowsIsToldItsOwnCommands(t *testing.T) {
	say := Speak("en").For("windows")
	posix := regexp.MustCompile(`\b((chmod|mkdir -p|ls -l\w*|rm|openssl) \S|(export|unset) [A-Z]+=)`)
	for id := range allTexts(t, "en") {
		// Modes are not looked at there, and neither is TERM.
		if strings.HasPrefix(id, "doctor.found.permissions_") || id == "doctor.fix.permissions" || strings.HasPrefix(id, "doctor.found.backups_") || strings.HasPrefix(id, "doctor.found.terminal_") {
			continue
		}
		for _, problem := range []string{"der", "folder", "unreadable", "missing"} {
			if text := say.Say(id, "Problem", problem, "File", true); posix.MatchString(text) {
				t.Errorf("%s: %s", id, text)
			}
		}
	}
	if got := say.ASCII().Say("explain.home.next", "Path", `C:\x`); !strings.Contains(got, `mkdir "C:\x"`) {
		t.Error(got)
	}
	if got := say.For("linux").Say("explain.home.next", "Path", "/x"); !strings.Contains(got, "mkdir -p '/x'") {
		t.Error(got)
	}
}
