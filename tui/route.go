package tui

import (
	"errors"

	"codex-login/credstore"
	"codex-login/flows"
	"codex-login/policy"

	tea "github.com/charmbracelet/bubbletea"
)

// route turns an intent of the screen on top into the next screen.
func (r root) route(want intent) (root, tea.Cmd) {
	switch want := want.(type) {
	case wantBack:
		if len(r.stack) == 1 {
			return r.route(wantLeave{})
		}
		r.drop(len(r.stack) - 1)
		return r, nil
	case wantLeave:
		return r.end(want.err), nil
	case wantPicker:
		return r.push(newPicker(r.env, r.mode), nil)
	case wantCompare:
		return r.push(newCompare(r.env), nil)
	case wantStores:
		s, cmd := newStoreChoice(r.env, r.mode)
		return r.push(s, cmd)
	case wantStore:
		r.mode = want.mode
		r.drop(len(r.stack) - 1)
		return r.update(storeMsg(want))
	case wantQR:
		return r.push(newQRAlone(r.env, want.text), nil)
	case wantSignIn:
		return r.signIn(want.method)
	case wantInstead:
		r.drop(len(r.stack) - 1)
		return r.signIn(want.method)
	case wantCode:
		s, cmd := newDevice(r.env, r.request(flows.Device))
		return r.replace(s, cmd)
	case wantBrowserInstead:
		// The attempt goes on in other hands: nothing is stopped.
		r.stack[len(r.stack)-1] = continueBrowser(want.signIn)
		return r.wake(tickCmd(want.try.id, want.pace()))
	case wantSignOut:
		return r.push(newSignOut(r.env, want.account), nil)
	}
	return r.arrive(want)
}

// arrive shows what came by itself.
func (r root) arrive(news intent) (root, tea.Cmd) {
	switch news := news.(type) {
	case isChecked:
		return r.checked(news)
	case isStored:
		r.settled, r.err = true, nil
		r.drop(0)
		r, cmd := r.push(newDone(r.env, news.receipt), nil)
		return r.wake(cmd)
	case isFailed:
		var v *policy.Violation
		s := screen(newFailure(r.env, news.err, news.method))
		if errors.As(news.err, &v) {
			s = newRefused(r.env, v, news.err, false)
		}
		r, cmd := r.replace(s, nil)
		return r.wake(cmd)
	case isSignedOut:
		r.settled = news.err == nil
		r.drop(0)
		r, cmd := r.push(newSignedOut(r.env, news.out, news.err), nil)
		return r.wake(cmd)
	}
	return r, nil
}

// checked opens the wizard by what is stored.
func (r root) checked(news isChecked) (root, tea.Cmd) {
	var v *policy.Violation
	switch {
	case errors.As(news.err, &v):
		r.err = news.err
		r, cmd := r.replace(newRefused(r.env, v, news.err, true), nil)
		return r.wake(cmd)
	case r.env.work.ctx.Err() != nil:
		return r, nil // leaving already
	}
	r.settled = news.err == nil
	if r.start != "" {
		r, _ := r.replace(newPicker(r.env, r.mode), nil)
		return r.signIn(r.start)
	}
	switch {
	case news.err == nil:
		return r.replace(newSignedIn(r.env, news.account), nil)
	case errors.Is(news.err, credstore.ErrNotFound):
		return r.replace(newPicker(r.env, r.mode), nil)
	}
	return r.replace(newUnreadable(r.env, news.err), nil)
}

func (r root) signIn(m flows.Method) (root, tea.Cmd) {
	for _, c := range r.env.login.Choices() {
		if c.Method == m && c.Refused != nil {
			return r.push(newRefused(r.env, c.Refused, c.Refused, false), nil)
		}
	}
	switch m {
	case flows.Device:
		return r.push(newEnable(r.env), nil)
	case flows.APIKey:
		return r.push(newAPIKey(r.env, r.request(m)), nil)
	case flows.AccessToken:
		return r.push(newAccessToken(r.env, r.request(m)), nil)
	case flows.Browser:
	}
	s, cmd := newBrowser(r.env, r.request(flows.Browser))
	return r.push(s, cmd)
}

func (r root) request(m flows.Method) flows.Request {
	return flows.Request{Method: m, Store: r.mode}
}

func (r root) push(s screen, cmd tea.Cmd) (root, tea.Cmd) {
	r.stack = append(r.stack[:len(r.stack):len(r.stack)], s)
	r.scroll = 0
	return r, cmd
}

func (r root) replace(s screen, cmd tea.Cmd) (root, tea.Cmd) {
	r.drop(len(r.stack) - 1)
	return r.push(s, cmd)
}

// wake lets a screen that came by itself take keys after a moment.
func (r root) wake(cmd tea.Cmd) (root, tea.Cmd) {
	r.status = ""
	r.shown++
	r.asleep = true
	return r, tea.Batch(cmd, awakeCmd(r.shown, awakeAfter))
}

// end leaves the wizard. Without a login that is a cancellation, unless
// something said more.
func (r root) end(err error) root {
	if err != nil {
		r.err = err
	}
	if r.err == nil && !r.settled {
		r.err = flows.ErrCancelled
	}
	r.leave = true
	for _, s := range r.stack {
		if s, ok := s.(stoppable); ok {
			s.Stop()
		}
	}
	return r
}
