package main

import (
	"encoding/json"
	"strings"
	"testing"
)

// TestCompareInLines has every row of the comparison in both forms.
func TestCompareInLines(t *testing.T) {
	p := newPerson(t, nil)
	lines, object := p.run("", "compare"), p.run("", "compare", "--json")
	var e struct{ Aspects []map[string]string }
	if err := json.Unmarshal([]byte(object.out), &e); err != nil || len(e.Aspects) != 6 || lines.code != 0 || object.code != 0 {
		t.Fatalf("%v: %+v", err, object)
	}
	for _, a := range e.Aspects {
		for _, part := range []string{"name", "chatgpt", "api_key"} {
			if a[part] == "" || !strings.Contains(lines.out, a[part]) {
				t.Errorf("%s of %s is missing", part, a["id"])
			}
		}
	}
	for _, word := range []string{"RBAC", "residency", "fast mode", "multi-factor", "API rates", "credits", "cloud"} {
		if !strings.Contains(strings.ReplaceAll(lines.out, "API's standard rates", "API rates"), word) {
			t.Errorf("nothing is said of %s", word)
		}
	}
}
