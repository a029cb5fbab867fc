package doctor

import (
	"context"
	"time"
)

// How far a clock may be off: tokens are renewed five minutes before their end,
// and a server's Date has seconds and a way to come.
const (
	clockSlack = 2 * time.Minute
	clockLimit = 5 * time.Minute
)

// checkClock compares the clock of this machine with a server's, and, where none
// was reached, with what the tokens say.
func checkClock(ctx context.Context, p *patient) []Finding {
	if !p.Offline {
		for _, purpose := range purposes {
			c, ok := p.connect(ctx, purpose)
			if !ok {
				return []Finding{{Cause: "nothing", Severity: Skipped}} // that it hangs is said there
			}
			if !c.Date.IsZero() {
				off := p.now().Sub(c.Date)
				at := with{"Off": span(off), "Host": host(c.Host), "Here": moment(p.now()), "There": moment(c.Date), "Way": way(off)}
				switch {
				case off.Abs() >= clockLimit:
					return []Finding{problem("off", at)}
				case off.Abs() >= clockSlack:
					return []Finding{warning("off", at)}
				}
				return []Finding{sound(at)}
			}
		}
	}
	stored, ok := p.load(ctx)
	if !ok {
		return nil
	}
	if stored.err != nil {
		return []Finding{{Cause: "nothing", Severity: Skipped}}
	}
	issued := stored.auth.IssuedAt()
	if stored.auth.LastRefresh.After(issued) {
		issued = stored.auth.LastRefresh
	}
	if ahead := issued.Sub(p.now()); !issued.IsZero() && ahead > clockLimit {
		return []Finding{problem("before_login", with{"Off": span(ahead), "Here": moment(p.now()), "There": moment(issued)})}
	}
	return []Finding{{Cause: "nothing", Severity: Skipped}}
}

func way(off time.Duration) shown {
	if off < 0 {
		return word("behind")
	}
	return word("ahead")
}
