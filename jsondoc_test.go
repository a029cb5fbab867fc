package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestEveryNoteIsDocumented: a script finds each code of a note or a warning in
// docs/json.md.
func TestEveryNoteIsDocumented(t *testing.T) {
	document, err := os.ReadFile(filepath.Join("docs", "json.md"))
	if err != nil {
		t.Fatal(err)
	}
	code := regexp.MustCompile(`(?m)^\s*Note[A-Z]\w*\s+NoteCode\s*=\s*"(\w+)"`)
	found := 0
	err = filepath.WalkDir("flows", func(path string, _ os.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") {
			return err
		}
		text, err := os.ReadFile(path)
		for _, m := range code.FindAllStringSubmatch(string(text), -1) {
			found++
			// It is the stage of an event, not a code.
			if m[1] == "exchanging" {
				continue
			}
			if !strings.Contains(string(document), "`"+m[1]+"`") {
				t.Errorf("%s of %s", m[1], path)
			}
		}
		return err
	})
	if err != nil || found < 30 {
		t.Errorf("%d codes, %v", found, err)
	}
}
