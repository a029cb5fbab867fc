package tui

import (
	"errors"

	"codex-login/assets/display"
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
	case wantTrace:
		s, cmd := newTrace(r.env)
		return r.push(s, cmd)
	case wantSignIn:
		return r.signIn(want.method)
	case wantInstead:
		r.drop(len(r.stack) - 1)
		return r.signIn(want.method)
	case wantCode:
		s, cmd := newDevice(r.env, r.request(flows.Device))
		return r.replace(s, cmd)
	case wantCodeToo:
		return r.push(enable{r.env, wantCodeBeside{}}, nil)
	case wantCodeBeside:
		r.drop(len(r.stack) - 1)
		return r.update(codeMsg{})
	case wantBrowserInstead:
		// The attempt goes on in other hands: nothing is stopped.
		r.stack[len(r.stack)-1] = continueBrowser(want.signIn)
		return r.wake(tickCmd(want.try.id, want.pace()))
	case wantSignOut:
		return r.push(newSignOut(r.env, want.entry, r.known), loansCmd(0, r.env))
	}
	return r.manage(want)
}

// manage opens the screens about the accounts.
func (r root) manage(want intent) (root, tea.Cmd) {
	switch want := want.(type) {
	case wantAccounts:
		return r.accounts(want)
	case wantCard:
		return r.push(newAccountCard(r.env, want), nil)
	case wantEnter:
		r.drop(len(r.stack) - 1)
		return r.update(enterMsg(want))
	case wantRename:
		return r.push(newRename(r.env, want.entry), nil)
	case wantWrong:
		return r.push(newWrong(r.env, want.receipt), nil)
	case wantMove:
		s, cmd := newStoreMove(r.env, r.mode, r.known)
		return r.push(s, cmd)
	case wantMoved:
		s, cmd := newMoving(r.env, want)
		return r.replace(s, cmd)
	}
	return r.machines(want)
}

// accounts goes back to the list, which is read again.
func (r root) accounts(want wantAccounts) (root, tea.Cmd) {
	for i, s := range r.stack {
		if s, ok := s.(accounts); ok {
			r.drop(i + 1)
			s, cmd := s.reload(want.pick)
			r.stack[i] = s
			r.status = want.said
			return r, cmd
		}
	}
	r.drop(0)
	s, cmd := awaitAccounts(r.env, want.pick)
	r.status = want.said
	return r.push(s, cmd)
}

// arrive shows what came by itself.
func (r root) arrive(news intent) (root, tea.Cmd) {
	switch news := news.(type) {
	case isChecked:
		return r.checked(news)
	case isStored:
		r.settled, r.err, r.known = true, nil, max(r.known, 1)
		r.drop(0)
		s := newDone(r.env, news.receipt)
		r, cmd := r.push(s, s.look())
		return r.wake(cmd)
	case isSwitched:
		r.settled, r.err = true, nil
		r.drop(0)
		r, cmd := r.push(newSwitched(r.env, news), nil)
		return r.wake(cmd)
	case isMoved:
		r.drop(0)
		r.mode = news.moved.To
		r, cmd := r.push(newMoved(r.env, news.moved), nil)
		return r.wake(cmd)
	case isTrouble:
		return r.trouble(news)
	case isEmpty:
		r.drop(0)
		return r.push(newPicker(r.env, r.mode), nil)
	case isFailed:
		var v *policy.Violation
		var b *flows.BarredError
		s := screen(newFailure(r.env, news.err, news.method))
		switch {
		case errors.As(news.err, &v):
			s = newRefused(r.env, v, news.err, false)
		case errors.As(news.err, &b):
			s = newBarred(r.env, b, news.method)
		}
		r, cmd := r.replace(s, nil)
		return r.wake(cmd)
	case isSignedOut:
		if news.entry.Active || news.out.All {
			r.settled = news.err == nil
		}
		r.known = max(r.known-news.out.Forgotten, 0)
		news.left = r.known
		r.drop(0)
		r, cmd := r.push(newSignedOut(r.env, news), nil)
		return r.wake(cmd)
	}
	return r, nil
}

// trouble says what went wrong, and goes back to where the person was. What
// only waited for the answer is over.
func (r root) trouble(news isTrouble) (root, tea.Cmd) {
	s := screen(newTrouble(r.env, news.err, news.said))
	var v *policy.Violation
	if errors.As(news.err, &v) {
		refused := newRefused(r.env, v, news.err, false)
		refused.said = news.said
		s = refused
	}
	if _, waits := r.top().(moving); waits {
		r.drop(len(r.stack) - 1)
	}
	if top, ok := r.top().(accounts); ok && top.list == nil {
		r.drop(len(r.stack) - 1)
	}
	r, cmd := r.push(s, nil)
	return r.wake(cmd)
}

// checked opens the wizard by what is stored.
func (r root) checked(news isChecked) (root, tea.Cmd) {
	var v *policy.Violation
	r.known = len(news.listing.Entries)
	others := 0
	for _, a := range news.listing.Entries {
		if !a.Active && a.Refused == nil {
			others++
		}
	}
	switch {
	case r.start != "" && r.env.work.ctx.Err() == nil:
		r.settled = news.err == nil
		r, _ := r.replace(newPicker(r.env, r.mode), nil)
		r.status = display.Clean(flows.ProviderNote(r.env.words, r.env.login.Provider()))
		if errors.As(news.err, &v) {
			r.status = r.env.say("refused.replaced", "Rule", display.Clean(v.Rule))
		}
		return r.signIn(r.start)
	case errors.As(news.err, &v):
		r.err = news.err
		s := newRefused(r.env, v, news.err, true)
		s.others = others
		r, cmd := r.replace(s, nil)
		return r.wake(cmd)
	case r.env.work.ctx.Err() != nil:
		return r, nil // leaving already
	}
	r.settled = news.err == nil
	nobody := errors.Is(news.err, credstore.ErrNotFound)
	switch {
	case !r.env.login.Provider().NeedsLogin:
		r.settled = true // nothing is asked for
		return r.replace(startProvider(r.env, news.listing), nil)
	case news.err == nil, nobody && r.known > 0:
		s, cmd := newAccounts(r.env, news.listing)
		return r.replace(s, cmd)
	case nobody:
		if err := news.listing.err; err != nil {
			r.status = r.env.explain(err).Title
		}
		return r.replace(newPicker(r.env, r.mode), nil)
	}
	return r.replace(newUnreadable(r.env, news.err, others), nil)
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
