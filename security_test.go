package main

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"codex-login/flows/sandbox"
)

// protectedBy is the object `security` of a result and of the verb.
type protectedBy struct {
	Kind             *string
	Kinds            []string
	SecondFactor     *string `json:"second_factor"`
	CloudRequiresMFA *bool   `json:"cloud_requires_mfa"`
	Links            []struct{ ID, URL string }
}

func (b protectedBy) has(link string) bool {
	return slices.ContainsFunc(b.Links, func(l struct{ ID, URL string }) bool { return l.ID == link && strings.HasPrefix(l.URL, "https://") })
}

// TestSecurity: after a sign-in, in lines and in JSON, and of any account of
// the book. Nobody is asked on the network.
func TestSecurity(t *testing.T) {
	p := newPerson(t, func(b *sandbox.Behaviour) {
		b.EditClaims = func(kind sandbox.TokenKind, claims map[string]any) {
			if kind == sandbox.IDToken {
				claims["amr"] = []string{"pwd"}
			}
		}
	})
	if r := p.run("", "security", "--json"); r.code != exitDone || !strings.Contains(r.out, `"kind":null`) {
		t.Errorf("nobody: %+v", r)
	}
	if _, code := p.approved(sandbox.MinaPlus, "--device-auth"); code != exitDone {
		t.Fatalf("exit %d", code)
	}
	asked := len(p.issuer.Requests())
	read := func(args ...string) (b protectedBy) {
		t.Helper()
		r := p.run("", append([]string{"security", "--json"}, args...)...)
		var out struct{ Security protectedBy }
		if err := json.Unmarshal([]byte(r.out), &out); err != nil || r.code != exitDone {
			t.Fatalf("%+v: %v", r, err)
		}
		return out.Security
	}
	mina := read()
	if mina.Kind == nil || *mina.Kind != "password" || mina.SecondFactor == nil || *mina.SecondFactor != "not_used" ||
		mina.CloudRequiresMFA == nil || !*mina.CloudRequiresMFA || !mina.has("settings") || !mina.has("mfa") {
		t.Errorf("%+v", mina)
	}
	lines := p.run("", "security")
	if lines.code != exitDone || !strings.Contains(lines.out, "Without it, Codex cloud lets no such account in") || !strings.Contains(lines.out, "https://chatgpt.com/#settings/Security") {
		t.Errorf("%+v", lines)
	}
	key := p.run(p.issuer.NewAPIKey(sandbox.MinaPlus)+"\n", "--with-api-key")
	if key.code != exitDone || strings.Contains(key.err, "second factor") {
		t.Errorf("%+v", key)
	}
	if b := read(); b.Kind != nil || !b.has("keys") {
		t.Errorf("a key: %+v", b)
	}
	if b := read("mina@example.test"); b.Kind == nil || *b.Kind != "password" {
		t.Errorf("of the book: %+v", b)
	}
	if r := p.run("", "security", "nobody@example.test"); r.code != exitFailed {
		t.Errorf("%+v", r)
	}
	if len(p.issuer.Requests()) != asked {
		t.Error("somebody was asked")
	}
}
