package tui

import (
	"time"

	"codex-login/flows"
)

// due reports whether the tokens of an account are worth a look: by the rules
// of Codex, which the worker applies again to the document itself. A session
// that has ended is not asked about.
func due(a flows.Entry, now time.Time) bool {
	if a.Method != flows.AccountChatGPT || a.ID == "" || a.Ended != nil || a.Refused != nil {
		return false
	}
	if a.ExpiresAt.IsZero() {
		return !a.LastRefresh.IsZero() && now.Sub(a.LastRefresh) > 8*24*time.Hour
	}
	return !a.ExpiresAt.After(now.Add(5 * time.Minute))
}
