package doctor

import (
	"context"
	"slices"
	"sync"
	"time"

	"codex-login/credstore"
	"codex-login/flows"
)

// Surroundings are what an examination looks at besides the login. Nil fields
// find nothing.
type Surroundings struct {
	Getenv func(string) string
	// Trouble is what kept CODEX_HOME or its configuration from being opened,
	// nil for nothing.
	Trouble error
	// Offline asks nothing on the network.
	Offline bool
	// Browser is the command that the person has named for one.
	Browser string
	// Size is that of the terminal in columns and rows; ok is false for none.
	Size func() (columns, rows int, ok bool)
	// LookPath finds a program, Output runs one and returns what it says.
	LookPath func(program string) (string, error)
	Output   func(ctx context.Context, program string, args ...string) (string, error)
	// Clipboard are the programs that may reach the person's clipboard.
	Clipboard []string
	// Now is the clock; nil is the real one.
	Now func() time.Time

	deadline time.Duration // a test's own, for every check
}

// State is how far a check has come.
type State string

// The states.
const (
	Waiting State = "waiting"
	Running State = "running"
	Done    State = "done"
)

// Row is one check as it stands.
type Row struct {
	Check, Area string
	State       State
	// Findings is what came of it, the worst first; at least one when it is
	// Done.
	Findings []Finding
	Took     time.Duration
}

// Worst is the severity of a row that is Done.
func (r Row) Worst() Severity {
	if len(r.Findings) == 0 {
		return Skipped
	}
	return r.Findings[0].Severity
}

// Report is a whole examination.
type Report struct {
	Rows []Row
	// How many findings there are of each severity.
	Problems, Warnings, Notes, Skipped int
	Took                               time.Duration
}

// Sound reports that nothing is wrong.
func (r Report) Sound() bool { return r.Problems == 0 }

// Fixes is what would mend some of it, each once.
func (r Report) Fixes() []*Fix {
	var out []*Fix
	for _, row := range r.Rows {
		for _, f := range row.Findings {
			if f.Fix != nil && !slices.ContainsFunc(out, func(o *Fix) bool { return o.key == f.Fix.key }) {
				out = append(out, f.Fix)
			}
		}
	}
	return out
}

// Examination looks for what is wrong, once.
type Examination struct {
	patient *patient

	mu      sync.Mutex
	rows    []Row
	started time.Time
	took    time.Duration
}

// New prepares an examination. login is nil where no CODEX_HOME could be
// opened; Surroundings.Trouble says why.
func New(login *flows.Login, s Surroundings) *Examination {
	e := &Examination{patient: newPatient(login, s)}
	for _, c := range checks {
		e.rows = append(e.rows, Row{Check: c.id, Area: c.area, State: Waiting})
	}
	return e
}

// Progress is every check as it stands, in their order. It may be called while
// Run is at work.
func (e *Examination) Progress() []Row {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.rows)
}

// Report sums up what is known by now.
func (e *Examination) Report() Report {
	r := Report{Rows: e.Progress()}
	e.mu.Lock()
	r.Took = e.took
	e.mu.Unlock()
	for _, row := range r.Rows {
		for _, f := range row.Findings {
			switch f.Severity {
			case Problem:
				r.Problems++
			case Warning:
				r.Warnings++
			case Note:
				r.Notes++
			case Skipped:
				r.Skipped++
			case Sound:
			}
		}
	}
	return r
}

// Run runs all checks side by side and returns when each is Done. done is
// called for each in their order, as soon as all before it are Done, from one
// goroutine at a time; nil is nobody.
func (e *Examination) Run(ctx context.Context, done func(Row)) {
	e.mu.Lock()
	e.started = time.Now()
	e.mu.Unlock()
	ctx, stop := context.WithCancel(credstore.WithoutPrompt(ctx))
	defer stop() // ends what a check has left behind
	var running sync.WaitGroup
	var telling sync.Mutex
	told := 0
	for i, c := range checks {
		e.set(i, func(r *Row) { r.State = Running })
		running.Go(func() {
			began := time.Now()
			found := e.patient.run(ctx, c)
			e.set(i, func(r *Row) { r.State, r.Findings, r.Took = Done, found, time.Since(began) })
			if done == nil {
				return
			}
			telling.Lock()
			defer telling.Unlock()
			for rows := e.Progress(); told < len(rows) && rows[told].State == Done; told++ {
				done(rows[told])
			}
		})
	}
	running.Wait()
	e.mu.Lock()
	e.took = time.Since(e.started)
	e.mu.Unlock()
}

func (e *Examination) set(i int, change func(*Row)) {
	e.mu.Lock()
	defer e.mu.Unlock()
	change(&e.rows[i])
}

// run runs one check under its deadline. A check that does not come back, as a
// call into a dead network file system does not, is left behind.
func (p *patient) run(ctx context.Context, c check) []Finding {
	if c.needs&needsHome != 0 && p.login == nil {
		return named(c, []Finding{{Cause: causeNoHome, Severity: Skipped}})
	}
	if c.needs&needsNetwork != 0 && p.Offline {
		return named(c, []Finding{{Cause: causeOffline, Severity: Skipped}})
	}
	limit := c.limit
	if p.deadline > 0 {
		limit = p.deadline
	}
	ctx, stop := context.WithTimeout(ctx, limit)
	defer stop()
	answer := make(chan []Finding, 1)
	go func() {
		defer func() {
			if r := recover(); r != nil {
				answer <- []Finding{problem(causeCrashed, nil)}
			}
		}()
		if c.needs&needsEntry != 0 && p.barred() {
			answer <- []Finding{{Cause: causeNoEntry, Severity: Skipped}}
			return
		}
		answer <- c.run(ctx, p)
	}()
	late := []Finding{{Cause: causeLate, Severity: Problem, values: with{"Limit": span(limit)}}}
	select {
	case found := <-answer:
		if found == nil { // it ended because its time did
			found = late
		}
		return named(c, found)
	case <-ctx.Done():
		// An answer of the last moment counts.
		select {
		case found := <-answer:
			if found != nil {
				return named(c, found)
			}
		case <-time.After(lastMoment):
		}
		return named(c, late)
	}
}

// lastMoment is how long a check may take to end when its time has.
const lastMoment = 50 * time.Millisecond

func named(c check, found []Finding) []Finding {
	for i := range found {
		found[i].Check = c.id
	}
	slices.SortStableFunc(found, func(a, b Finding) int { return a.Severity.rank() - b.Severity.rank() })
	return found
}
