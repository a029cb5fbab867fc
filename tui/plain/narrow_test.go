package plain

import (
	"strings"
	"testing"

	"codex-login/assets"
	"codex-login/flows"

	"github.com/charmbracelet/x/ansi"
)

// TestAccountsInANarrowTerminal: no row is broken by the terminal, and none loses
// its id.
func TestAccountsInANarrowTerminal(t *testing.T) {
	entries := []flows.Entry{
		{ID: "personalaccesstoken-0123456789abcdef", Active: true, Account: flows.Account{Method: flows.AccountAccessToken, Email: strings.Repeat("m", 60) + "@example.test"}},
		{ID: "chatgpt-0123456789abcdef", Account: flows.Account{Method: flows.AccountChatGPT, Email: "jonas@example.test", Plan: "enterprise", WorkspaceID: "d81f40a6-1"}},
	}
	for _, width := range []int{40, 60, 80, 120} {
		lines := table(assets.Speak("en"), entries, width)
		for _, line := range lines {
			if ansi.StringWidth(line) > width && !strings.Contains(line, "mmm") {
				t.Errorf("%d: %q", width, line)
			}
		}
		all := strings.Join(lines, "\n")
		if !strings.HasPrefix(all, "* ") || !strings.Contains(all, entries[0].ID) || !strings.Contains(all, entries[1].ID) || strings.Count(all, "\n* ") != 0 {
			t.Errorf("%d:\n%s", width, all)
		}
		if width >= 80 && len(lines) != len(entries) {
			t.Errorf("%d columns are enough for a table:\n%s", width, all)
		}
	}
}
