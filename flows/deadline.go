package flows

import (
	"context"
	"slices"
	"time"

	"codex-login/flows/network"
)

// Deadline is when the wait that is under way ends by itself: that of the time
// limit, of the one-time code, or of the request for the tokens. Zero: nothing
// ends it but the person.
func (c *Challenge) Deadline() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, n := range slices.Backward(c.notes) {
		if n.Code == NoteCodeRefused {
			break
		}
		if n.Code != NoteExchanging {
			continue
		}
		if n.At.IsZero() {
			return time.Time{}
		}
		return earlier(n.At.Add(network.RequestLimit), c.limit)
	}
	return earlier(c.ExpiresAt, c.limit)
}

// limited holds the wait for an answer to the time limit of the Login.
func (l *Login) limited(ctx context.Context, c *Challenge) (context.Context, context.CancelFunc) {
	if l.Timeout <= 0 {
		return ctx, func() {}
	}
	c.mu.Lock()
	c.limit = l.Clock.now().Add(l.Timeout)
	c.mu.Unlock()
	return context.WithTimeout(ctx, l.Timeout)
}

// earlier is the first of two moments, of which zero is never.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
