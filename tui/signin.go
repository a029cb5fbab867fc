package tui

import (
	"slices"
	"strings"
	"time"

	"codex-login/assets/display"
	"codex-login/flows"

	tea "github.com/charmbracelet/bubbletea"
)

// signIn is what the screens of a sign-in have in common: one attempt, its
// challenge, and what the worker says meanwhile.
type signIn struct {
	env       *env
	request   flows.Request
	try       attempt
	challenge *flows.Challenge // nil until it is there
	notes     []flows.Note
	deadline  time.Time // of the wait; zero without one
	to        string    // the other machine that it is for; "" for this one
}

// titled is what the header calls it.
func (s signIn) titled(id string) string {
	if s.to == "" {
		return s.env.say("frame.title." + id)
	}
	return s.env.say("frame.title.for", "What", s.env.say("frame.title."+id), "Machine", s.to)
}

// begin starts a new attempt and ends the former one.
func (s *signIn) begin() tea.Cmd {
	s.Stop()
	s.try, s.challenge, s.notes, s.deadline = s.env.work.attempt(), nil, nil, time.Time{}
	return beginCmd(s.try, s.env.login, s.request)
}

// Stop ends the attempt.
func (s signIn) Stop() {
	if s.try.cancel != nil {
		s.try.cancel()
	}
}

// update takes the worker's messages in. The error is that of the attempt when
// it has failed.
func (s *signIn) update(msg tea.Msg) (tea.Cmd, error) {
	switch msg := msg.(type) {
	case challengeMsg:
		switch {
		case msg.attempt != s.try.id:
		case msg.err != nil:
			return nil, msg.err
		default:
			s.challenge = msg.challenge
			s.hear()
			return tea.Batch(finishCmd(s.env.work, s.try, s.env.login, s.challenge), tickCmd(s.try.id, s.pace())), nil
		}
	case tickMsg:
		if msg.attempt == s.try.id && s.challenge != nil {
			s.hear()
			return tickCmd(s.try.id, s.pace()), nil
		}
	case finishedMsg:
		if msg.attempt == s.try.id {
			return nil, msg.err
		}
	}
	return nil, nil
}

// hear takes in what the worker says.
func (s *signIn) hear() {
	s.notes, s.deadline = s.challenge.Notes(), s.challenge.Deadline()
}

// storing is what stands there once the answer has arrived. The server has a
// limit; what is stored then takes its time.
func (s signIn) storing() string {
	if s.deadline.After(s.env.now()) {
		return s.env.say("frame.storing_until", "Left", s.env.clock(s.deadline))
	}
	return s.env.say("frame.storing")
}

// pace is how often a waiting screen looks at the worker: once a second for
// the countdown, and for the spinner a little more often.
func (s signIn) pace() time.Duration {
	if s.env.motion && s.method() == flows.Browser {
		return 500 * time.Millisecond
	}
	return time.Second
}

// method is the way that is really taken.
func (s signIn) method() flows.Method {
	if s.challenge != nil {
		return s.challenge.Method
	}
	return s.request.Method
}

// arrived says that the answer is there and the rest goes by itself. A pasted
// code that was refused is none.
func (s signIn) arrived() bool {
	for _, n := range slices.Backward(s.notes) {
		if n.Code == flows.NoteExchanging || n.Code == flows.NoteCodeRefused {
			return n.Code == flows.NoteExchanging
		}
	}
	return false
}

// said are the notes in words, each kind once, in the order of the last time.
func (s signIn) said() []string {
	var out []string
	seen := map[flows.NoteCode]bool{}
	for i := len(s.notes) - 1; i >= 0; i-- {
		n := s.notes[i]
		if seen[n.Code] || n.Code == flows.NoteExchanging || passed(n.Code, seen) {
			continue
		}
		seen[n.Code] = true
		out = append([]string{s.env.explainNote(n)}, out...)
	}
	return out
}

// passed: trouble that is over need not be told any more.
func passed(code flows.NoteCode, later map[flows.NoteCode]bool) bool {
	trouble := code == flows.NoteRetrying || code == flows.NoteSlowDown
	return trouble && (later[flows.NoteRecovered] || later[flows.NoteRetrying] || later[flows.NoteSlowDown])
}

// copyIt copies a text of the challenge.
func (s signIn) copyIt(what, text string) tea.Cmd {
	return copyCmd(s.env.work.ctx, s.env.paper, s.env.getenv, what, display.Clean(text))
}

// printIt shows texts outside of the wizard, an empty line between them.
func (s signIn) printIt(texts ...string) tea.Cmd {
	for i, text := range texts {
		lines := strings.Split(text, "\n")
		for j := range lines {
			lines[j] = display.Clean(lines[j])
		}
		texts[i] = strings.Join(lines, "\n")
	}
	return printCmd(s.env.work.ctx, s.env.say("frame.print_before"), strings.Join(texts, "\n\n"), s.env.say("frame.print_after"))
}
