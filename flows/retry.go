package flows

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"

	"codex-login/flows/network"
)

// The limits of asking again, once the person has done their part. Waiting
// longer would outlive the authorization code.
const (
	insistTries = 4
	insistPause = time.Second
	insistWait  = 15 * time.Second // the longest Retry-After that is heeded
)

// insist asks again when the network or the server is in trouble: the person
// has approved, and one lost answer must not cost them the sign-in. The code
// that is traded works once, so any definite answer is the last one.
func (l *Login) insist(ctx context.Context, c *Challenge, ask func() (answer, error)) (answer, error) {
	for try := 1; ; try++ {
		a, err := ask()
		why, wait := err, time.Duration(0)
		var unreachable *network.Error
		switch {
		case errors.As(err, &unreachable) && !unreachable.Lasting():
		case err != nil || !isTrouble(a.status):
			return a, err
		default:
			why, wait = a.failure(), min(retryAfter(a.header, l.Clock.now()), insistWait)
		}
		if try == insistTries {
			return a, err
		}
		c.note(Note{Code: NoteRetrying, At: l.Clock.now(), Err: why})
		if err := l.Clock.wait(ctx, max(wait, backOff(insistPause, try))); err != nil {
			return answer{}, err
		}
		c.note(Note{Code: NoteExchanging, At: l.Clock.now()})
	}
}

// isTrouble reports whether a status says nothing about the request, so that
// the same one may work later.
func isTrouble(status int) bool {
	return status == http.StatusRequestTimeout || status == http.StatusTooManyRequests || status >= 500
}

// backOff grows with the failures and is jittered, so that many waiting
// machines do not come back at the same moment.
func backOff(interval time.Duration, failures int) time.Duration {
	d := interval << min(failures-1, 4)
	return min(d, max(interval, maxBackOff)) + rand.N(interval/4+1)
}

// retryAfter reads RFC 9110 section 10.2.3: seconds or a date.
func retryAfter(h http.Header, now time.Time) time.Duration {
	v := strings.TrimSpace(h.Get("Retry-After"))
	if n, err := strconv.Atoi(v); err == nil {
		return min(seconds(float64(n)), maxLifetime)
	}
	if t, err := http.ParseTime(v); err == nil {
		return min(max(t.Sub(now), 0), maxLifetime)
	}
	return 0
}
