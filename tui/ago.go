package tui

import "time"

// ago says how long ago something was, as one would say it.
func (e *env) ago(t time.Time) string {
	if t.IsZero() {
		return e.say("accounts.ago.never")
	}
	const day = 24 * time.Hour
	past := e.now().Sub(t)
	say := func(id string, unit time.Duration) string {
		return e.say("accounts.ago."+id, "Count", int(past/unit))
	}
	switch {
	case past < time.Minute: // also what a clock that was put back has in the future
		return e.say("accounts.ago.now")
	case past < time.Hour:
		return say("minutes", time.Minute)
	case past < day:
		return say("hours", time.Hour)
	case past < 2*day:
		return e.say("accounts.ago.yesterday")
	case past < 14*day:
		return say("days", day)
	case past < 60*day:
		return say("weeks", 7*day)
	}
	return t.Local().Format("2006-01-02")
}
