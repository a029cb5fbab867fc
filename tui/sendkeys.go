package tui

import (
	"errors"
	"slices"

	"codex-login/flows"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
)

// What can be done while logins are on their way, and afterwards.

// each picks the rows for which ok holds.
func (s sending) each(ok func(sendRow) bool) []int {
	var out []int
	for i, r := range s.rows {
		if ok(r) {
			out = append(out, i)
		}
	}
	return out
}

func (r sendRow) state() flows.SendState { return r.now.State }

func (s sending) atRest() bool {
	return !slices.ContainsFunc(s.rows, func(r sendRow) bool { return r.running })
}

func (s sending) done() []int {
	return s.each(func(r sendRow) bool { return r.state() == flows.SendDone })
}

func (s sending) failed() []int {
	return s.each(func(r sendRow) bool { return !r.running && r.state() == flows.SendFailed })
}

func (s sending) asks() []int {
	return s.each(func(r sendRow) bool { return !r.running && r.state() == flows.SendAsks })
}

// elsewhere are the machines whose Codex looks for its login in another place
// than the file, where that can be changed from here.
func (s sending) elsewhere() []int {
	return s.each(func(r sendRow) bool {
		var e *flows.StoreThereError
		return !r.running && errors.As(r.now.Err, &e) && !e.Pinned
	})
}

// unstored are the machines whose sign-in is finished, is not stored there and
// is nowhere else.
func (s sending) unstored() []int {
	return s.each(func(r sendRow) bool {
		if r.running || r.errand == nil {
			return false
		}
		p := r.now
		if live := r.errand.Progress(); len(live) == 1 {
			p = live[0] // it may have been kept here since the row was told
		}
		return p.Unstored && !p.Unsure
	})
}

// away is the way out of this screen, unless a sign-in would be lost by it.
func (s sending) away(want intent) (screen, tea.Cmd, intent) {
	var ask wantUnstored
	for _, i := range s.unstored() {
		ask.targets, ask.errands = append(ask.targets, s.rows[i].now.Target), append(ask.errands, s.rows[i].errand)
	}
	if len(ask.errands) == 0 {
		return s, nil, want
	}
	s.leaving = true
	return s, nil, ask
}

func (s sending) answer() key.Binding {
	return when(s.inner == nil && len(s.asks()) > 0, s.env.bind("answer_ssh", "enter"))
}

func (s sending) leave() key.Binding {
	return when(s.inner == nil && s.atRest() && len(s.asks()) == 0, s.env.bind("leave", "enter", "enter", "q"))
}

func (s sending) retry() key.Binding {
	return when(s.inner == nil && s.atRest() && len(s.failed()) > 0, s.env.bind("retry", "r"))
}

func (s sending) setFile() key.Binding {
	return when(s.inner == nil && s.atRest() && len(s.elsewhere()) > 0, s.env.bind("set_file", "s"))
}

// back cancels, or goes on from the end. What is being stored is waited for.
func (s sending) back() key.Binding {
	storing := slices.ContainsFunc(s.rows, func(r sendRow) bool { return r.running && r.state() == flows.SendStoring })
	return when(s.inner == nil && !storing, s.env.bind("back", "esc"))
}

// lend keeps renewing what was lent.
func (s sending) lend() key.Binding {
	return when(s.inner == nil && s.atRest() && s.request.Kind == flows.SendLend && len(s.done()) > 0, s.env.bind("lending", "l"))
}

func (s sending) trace() key.Binding { return s.env.traceKey(s.inner == nil) }

func (s sending) Keys() []key.Binding {
	if s.inner != nil {
		return s.inner.Keys()
	}
	return []key.Binding{s.answer(), s.leave(), s.setFile(), s.retry(), s.lend(), s.back(), s.trace()}
}

func (s sending) press(k tea.KeyMsg) (screen, tea.Cmd, intent) {
	switch {
	case pressed(k, s.answer()):
		var errands []*errand
		for _, i := range s.asks() {
			errands = append(errands, s.rows[i].errand)
		}
		return s, askCmd(s.env, s.try, errands), nil
	case pressed(k, s.retry()):
		return s.again(s.failed())
	case pressed(k, s.setFile()):
		for _, i := range s.elsewhere() {
			if e := s.rows[i].errand; e != nil {
				e.SetFileStore()
			}
		}
		return s.again(s.elsewhere())
	case pressed(k, s.leave()):
		return s.away(wantLeave{})
	case pressed(k, s.lend()):
		return s, nil, wantLending{}
	case pressed(k, s.trace()):
		return s, nil, wantTrace{}
	case pressed(k, s.back()) && len(s.done()) > 0:
		return s.away(wantHome{})
	case pressed(k, s.back()):
		return s.away(wantBack{})
	}
	return s, nil, nil
}

// again tries once more what has failed on these machines.
func (s sending) again(rows []int) (screen, tea.Cmd, intent) {
	s.rows = slices.Clone(s.rows)
	var cmds []tea.Cmd
	for _, i := range rows {
		s.rows[i].now.State, s.rows[i].now.Err = flows.SendWaiting, nil
		if s.rows[i].errand == nil {
			cmds = append(cmds, s.start(i))
			continue
		}
		s.rows[i].errand.Retry()
		cmds = append(cmds, s.resume(i))
	}
	return s, tea.Batch(cmds...), nil
}
