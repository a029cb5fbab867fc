package main

import (
	"encoding/json"
	"strings"
	"testing"
)

// TestMembersThatDoNotApply are null, and not missing: docs/json.md says so.
func TestMembersThatDoNotApply(t *testing.T) {
	p := newPerson(t, nil)
	if r := p.run("sk-test-0123456789abcdef", "--with-api-key"); r.code != exitDone {
		t.Fatal(r)
	}
	refused := []string{"-c", `forced_login_method="chatgpt"`}
	for _, c := range []struct {
		args []string
		in   string // a member that is an object or a list; "" is the whole
		want []string
	}{
		{[]string{"status", "--json"}, "", []string{"unchecked", "refused", "error", "verified", "label", "ended"}},
		{[]string{"accounts", "--json"}, "accounts", []string{"unchecked", "refused", "verified", "label", "ended"}},
		{[]string{"policy", "--json"}, "", []string{"unchecked", "login", "conflict", "error"}},
		{append(refused, "status", "--json"), "refused", []string{"spared_by"}},
		{append(refused, "policy", "--json"), "login", []string{"spared_by"}},
		{append(refused, "--with-api-key", "--json"), "", []string{"spared_by"}},
	} {
		var out map[string]any
		r := p.run("sk-test-0123456789abcdeg", c.args...)
		if err := json.Unmarshal([]byte(lastLine(r.out)), &out); err != nil {
			t.Fatalf("%v: %v\n%+v", c.args, err, r)
		}
		if list, ok := out[c.in].([]any); ok {
			out, _ = list[0].(map[string]any)
		} else if c.in != "" {
			out, _ = out[c.in].(map[string]any)
		}
		for _, name := range c.want {
			if v, there := out[name]; !there || v != nil {
				t.Errorf("%v: %s is %v, there: %v", c.args, name, v, there)
			}
		}
	}
	var out map[string]any
	if err := json.Unmarshal([]byte(lastLine(p.run("", "switch", "nobody", "--json").out)), &out); err != nil {
		t.Fatal(err)
	}
	if _, there := out["signed_out"]; there || out["code"] != "no_account" {
		t.Errorf("what only a rule has to say stands in another error: %v", out)
	}
}

func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return lines[len(lines)-1]
}
