package flows

import "time"

// TraceLine is one thing that a worker has done, without a secret and safe to
// print on one line.
type TraceLine struct {
	At    time.Time
	Level string // INFO, WARN, ERROR
	Text  string
}
