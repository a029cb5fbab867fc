package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestEveryPlaceIsDocumented: a script finds each kind of place in docs/json.md.
func TestEveryPlaceIsDocumented(t *testing.T) {
	document, err := os.ReadFile(filepath.Join("docs", "json.md"))
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile(filepath.Join("credstore", "store.go"))
	if err != nil {
		t.Fatal(err)
	}
	kinds := regexp.MustCompile(`(?m)^\s*Kind\w+\s+Kind = "(\w+)"`).FindAllStringSubmatch(string(source), -1)
	_, rest, _ := strings.Cut(string(document), "\n`store` (")
	listed, _, _ := strings.Cut(rest, "`store_mode`")
	for _, k := range kinds {
		if !strings.Contains(listed, "`"+k[1]+"`") {
			t.Error(k[1])
		}
	}
	if len(kinds) < 5 {
		t.Error(kinds)
	}
}

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
