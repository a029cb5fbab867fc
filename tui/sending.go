package tui

import (
	"slices"
	"time"

	"codex-login/assets/display"
	"codex-login/flows"

	tea "github.com/charmbracelet/bubbletea"
)

// sending brings logins to other machines, one errand each. While a sign-in for
// one of them waits for the person, its screen is shown here, with the machine's
// name in the header.
type sending struct {
	env     *env
	try     attempt
	request flows.SendRequest
	active  bool // it is about the account in use
	places  chan struct{}
	rows    []sendRow
	inner   screen // of the sign-in that is to be answered; nil without one
	shown   *flows.Challenge
	rested  bool // it was told that everything has come to rest
	leaving bool // it is asked what becomes of a sign-in that nobody has
	ticking bool
}

// sendRow is one machine.
type sendRow struct {
	errand  *errand // nil where there is no use in trying
	now     flows.Progress
	running bool
}

// workedOn is how many machines are worked on at a time.
const workedOn = 8

func newSending(e *env, w wantSend) (sending, tea.Cmd) {
	s := sending{env: e, try: e.work.attempt(), request: w.request, active: w.active, places: make(chan struct{}, workedOn)}
	var cmds []tea.Cmd
	for i, t := range w.request.Targets {
		s.rows = append(s.rows, sendRow{now: flows.Progress{Target: t, State: flows.SendWaiting}})
		cmds = append(cmds, s.start(i))
	}
	return s, tea.Batch(cmds...)
}

func (s sending) pace() time.Duration {
	if s.env.motion {
		return 500 * time.Millisecond
	}
	return time.Second
}

// start sends somebody to a machine anew.
func (s *sending) start(i int) tea.Cmd {
	r := s.request
	r.Targets = []flows.Target{s.rows[i].now.Target}
	send, err := s.env.login.Send(r)
	if err != nil {
		s.rows[i].now.State, s.rows[i].now.Err = flows.SendFailed, err
		return nil
	}
	s.rows[i].errand = newErrand(s.env, s.try, send)
	return s.resume(i)
}

// resume goes on where an errand has come to rest. A sign-in that could not be
// stored there is not asked for again.
func (s *sending) resume(i int) tea.Cmd {
	s.rows[i].running, s.rested = true, false
	work := errandCmd(s.env.work, s.try, s.places, i, s.rows[i].errand, s.request.Kind, s.active)
	if s.ticking {
		return work
	}
	s.ticking = true
	return tea.Batch(work, tickCmd(s.try.id, s.pace()))
}

// Stop ends what can be ended; a login that is being stored is stored.
func (s sending) Stop() { s.try.cancel() }

// Typing: an address is being pasted.
func (s sending) Typing() bool {
	t, ok := s.inner.(typing)
	return ok && t.Typing()
}

// FocusedLine is that of the sign-in.
func (s sending) FocusedLine(w, h int) int {
	if f, ok := s.inner.(focused); ok {
		return f.FocusedLine(w, h)
	}
	return -1
}

func (s sending) Update(msg tea.Msg) (screen, tea.Cmd, intent) {
	var cmd tea.Cmd
	switch msg := msg.(type) {
	case tea.KeyMsg:
		if s.inner == nil {
			return s.press(msg)
		}
	case tickMsg:
		if msg.attempt != s.try.id {
			return s, nil, nil
		}
		s.look()
		if s.ticking = !s.atRest(); s.ticking {
			cmd = tickCmd(s.try.id, s.pace())
		}
	case errandMsg:
		if msg.attempt == s.try.id {
			s.rest(msg)
			if s.atRest() && !s.rested {
				s.rested = true // the screen came by itself
				if !s.leaving {
					return s, nil, isSent{}
				}
			}
		}
		return s, nil, nil
	case retryMsg:
		s.leaving = false
		return s.again(s.unstored())
	case askedMsg:
		if msg.attempt == s.try.id {
			return s.answered()
		}
		return s, nil, nil
	}
	return s.delegate(msg, cmd)
}

// delegate lets the sign-in that is shown have a message. Its clock is ours.
func (s sending) delegate(msg tea.Msg, cmd tea.Cmd) (screen, tea.Cmd, intent) {
	if s.inner == nil {
		return s, cmd, nil
	}
	next, more, want := s.inner.Update(msg)
	s.inner = next
	if _, tick := msg.(tickMsg); !tick && more != nil {
		cmd = tea.Batch(cmd, more)
	}
	switch want := want.(type) {
	case wantBack:
		next, _, out := s.away(want)
		return next, cmd, out
	case wantQR, wantCodeToo, wantTrace:
		return s, cmd, want
	case isFailed:
		return s, tea.Batch(cmd, sayCmd(s.env.explain(want.err).Title)), nil
	}
	return s, cmd, nil
}

// look sees how each machine stands, and which sign-in is to be answered.
func (s *sending) look() {
	s.rows = slices.Clone(s.rows)
	for i := range s.rows {
		if r := &s.rows[i]; r.running {
			r.now = r.errand.Progress()[0]
		}
	}
	s.show()
}

// rest takes in that the work on an errand is over, for now.
func (s *sending) rest(msg errandMsg) {
	s.rows = slices.Clone(s.rows)
	r := &s.rows[msg.errand]
	r.running, r.now = false, r.errand.Progress()[0]
	if msg.err != nil {
		r.now.State, r.now.Err = flows.SendFailed, msg.err
	}
	s.show()
}

// show opens the screen of the first sign-in that is to be answered.
func (s *sending) show() {
	i := slices.IndexFunc(s.rows, func(r sendRow) bool { return r.running && r.now.Challenge != nil })
	if i < 0 {
		s.inner, s.shown = nil, nil
		return
	}
	c := s.rows[i].now.Challenge
	if c == s.shown {
		return
	}
	s.shown = c
	to := signIn{env: s.env, request: s.request.SignIn, try: s.try, challenge: c, notes: c.Notes(), to: display.Clean(s.rows[i].now.Target.String())}
	if c.Method == flows.Browser {
		s.inner = continueBrowser(to) // the server has no device codes
		return
	}
	s.inner = device{signIn: to, code: qrCode(c.ScanURL(), s.env.theme.Glyphs.Unicode)}
}

// answered goes on with the machines that ssh has asked about.
func (s sending) answered() (screen, tea.Cmd, intent) {
	s.rows = slices.Clone(s.rows)
	var cmds []tea.Cmd
	for i := range s.rows {
		r := &s.rows[i]
		if r.running || r.errand == nil || r.state() != flows.SendAsks {
			continue
		}
		r.now = r.errand.Progress()[0]
		if r.now.State == flows.SendReached || r.now.State == flows.SendWaiting {
			cmds = append(cmds, s.resume(i))
		}
	}
	if len(cmds) == 0 {
		return s, nil, isSent{}
	}
	return s, tea.Batch(cmds...), nil
}

func (s sending) Title() string {
	if s.inner != nil {
		return s.inner.Title()
	}
	return s.env.say("frame.title.machines")
}

func (s sending) Help() string {
	if s.inner != nil {
		return s.inner.Help()
	}
	return "help.sending"
}
