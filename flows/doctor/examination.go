package doctor

import (
	"context"
	"errors"
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

// Sound: nothing is wrong.
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
	tell    func(Row)

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
// called for each, from one goroutine at a time; nil is nobody.
func (e *Examination) Run(ctx context.Context, done func(Row)) {
	e.mu.Lock()
	e.started = time.Now()
	e.mu.Unlock()
	ctx, stop := context.WithCancel(ctx)
	defer stop() // ends what a check has left behind
	var running sync.WaitGroup
	var telling sync.Mutex
	for i, c := range checks {
		e.set(i, func(r *Row) { r.State = Running })
		running.Go(func() {
			began := time.Now()
			found := e.patient.run(ctx, c)
			row := e.set(i, func(r *Row) { r.State, r.Findings, r.Took = Done, found, time.Since(began) })
			if done != nil {
				telling.Lock()
				defer telling.Unlock()
				done(row)
			}
		})
	}
	running.Wait()
	e.mu.Lock()
	e.took = time.Since(e.started)
	e.mu.Unlock()
}

func (e *Examination) set(i int, change func(*Row)) Row {
	e.mu.Lock()
	defer e.mu.Unlock()
	change(&e.rows[i])
	return e.rows[i]
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

// patient is what the checks share.
type patient struct {
	Surroundings
	login *flows.Login

	stored      once[storedLogin]
	keyring     once[error]
	connections [4]once[flows.Connection]
}

func newPatient(login *flows.Login, s Surroundings) *patient {
	return &patient{Surroundings: s, login: login}
}

func (p *patient) getenv(name string) string {
	if p.Getenv == nil {
		return ""
	}
	return p.Getenv(name)
}

func (p *patient) now() time.Time {
	if p.Now != nil {
		return p.Now()
	}
	return time.Now()
}

// storedLogin is the login in force, as it was found once for all checks.
type storedLogin struct {
	auth  *credstore.Auth
	place credstore.Place
	err   error
	entry flows.Entry
	// entryErr is what flows.Login.Current says: a violation, for one.
	entryErr error
}

// load reads the login in force. A keyring's prompt is not waited for.
func (p *patient) load(ctx context.Context) (storedLogin, bool) {
	return p.stored.get(ctx, func(ctx context.Context) storedLogin {
		var s storedLogin
		err := unprompted(ctx, func(ctx context.Context) error {
			s.auth, s.place, s.err = credstore.Open(p.login.Home, p.login.Mode()).Load(ctx)
			return s.err
		})
		if s.err = err; err == nil || errors.Is(err, credstore.ErrNotFound) {
			s.entry, s.entryErr = p.login.Current(ctx)
		}
		return s
	})
}

// errLocked stands for a keyring that asks for its password.
var errLocked = &credstore.Error{Problem: credstore.ProblemLocked, Op: "read"}

// unprompted ends a keyring call when the keyring begins to ask the person: who
// looks for what is wrong does not want to be asked for a password.
func unprompted(ctx context.Context, call func(context.Context) error) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	err := call(credstore.WithPromptNotice(ctx, func(waiting bool) {
		if waiting {
			stop(errLocked)
		}
	}))
	if err != nil && errors.Is(context.Cause(ctx), errLocked) {
		return errLocked
	}
	return err
}

// once finds something out once for all who ask; nobody waits longer than the
// own context lasts.
type once[T any] struct {
	begin sync.Once
	done  chan struct{}
	value T
}

// onceLimit ends what nobody waits for any more.
const onceLimit = 20 * time.Second

func (o *once[T]) get(ctx context.Context, find func(context.Context) T) (T, bool) {
	o.begin.Do(func() {
		o.done = make(chan struct{})
		go func() {
			defer close(o.done)
			// The context of the first who asks may end before others' do.
			ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), onceLimit)
			defer stop()
			o.value = find(ctx)
		}()
	})
	select {
	case <-o.done:
		return o.value, true
	case <-ctx.Done():
		var none T
		return none, false
	}
}
