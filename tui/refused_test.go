package tui

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"codex-login/flows"
	"codex-login/policy"

	tea "github.com/charmbracelet/bubbletea"
)

// TestWayOutOfARefusal: it stands in the footer of the narrowest terminal, and
// whoever looks for the rest of the text does not leave by it.
func TestWayOutOfARefusal(t *testing.T) {
	e := testEnv(t)
	for name, err := range map[string]*flows.RefusedError{
		"something is allowed": {Violation: ruleOf(ordinary), Allowed: []flows.Method{flows.APIKey}},
		"nothing is":           {Violation: ruleOf(ordinary)},
	} {
		for _, atStart := range []bool{true, false} {
			s := newRefused(e, err.Violation, err, atStart)
			keys := enabled(s.Keys())
			if out := s.out().Help(); len(keys) < 2 || !slices.Contains([]string{keys[0].Help().Desc, keys[1].Help().Desc}, out.Desc) {
				t.Errorf("%s, at start %v: the way out comes late", name, atStart)
			}
			if s.another().Enabled() != (len(err.Allowed) > 0) {
				t.Errorf("%s: another way is offered: %v", name, s.way())
			}
			for _, k := range []tea.KeyType{tea.KeyUp, tea.KeyDown, tea.KeyPgUp, tea.KeyPgDown, tea.KeyTab, tea.KeyHome, tea.KeyEnd} {
				if _, _, does := s.Update(tea.KeyMsg{Type: k}); does != nil {
					t.Errorf("%v leads to %T", tea.KeyMsg{Type: k}, does)
				}
			}
		}
	}
}

// TestTitleOfABrokenFile: a typo is no rule.
func TestTitleOfABrokenFile(t *testing.T) {
	e := testEnv(t)
	typo, conflict := blocked{e, &policy.ConfigError{Problem: "x"}}, blocked{e, errors.Join(&policy.ConflictError{})}
	if typo.Title() != "Configuration" || conflict.Title() != "Not allowed" {
		t.Errorf("%q, %q", typo.Title(), conflict.Title())
	}
}

// TestWelcomeSaysWhatItWaitsFor: a server that is asked at the start may be slow.
func TestWelcomeSaysWhatItWaitsFor(t *testing.T) {
	s, _, _ := newWelcome(testEnv(t)).Update(askingMsg{})
	if v := s.View(80, 20); !strings.Contains(v, "Asking OpenAI whose token this is") {
		t.Error(v)
	}
}
