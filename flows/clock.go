package flows

import (
	"context"
	"time"
)

// Clock is the time, so that a test can be the clock. The zero value is real.
type Clock struct {
	Time func() time.Time
	// Wait blocks for d or until ctx ends, and then returns ctx's error.
	Wait func(ctx context.Context, d time.Duration) error
}

func (c Clock) now() time.Time {
	if c.Time != nil {
		return c.Time()
	}
	return time.Now()
}

func (c Clock) wait(ctx context.Context, d time.Duration) error {
	if c.Wait != nil {
		return c.Wait(ctx, d)
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// limit is ctx that ends after d at the latest.
func (c Clock) limit(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		if c.wait(ctx, d) == nil {
			cancel()
		}
	}()
	return ctx, cancel
}
