package tui

import (
	"time"

	"codex-login/credstore"
	"codex-login/flows"
)

// lendingStates are what is lent, and the screens that say so besides.
func lendingStates(e *env, x texts) []state {
	far := targetsOf("buildbox", "docker:web", "mina@gpu.research.example.test")
	book := entriesOf(x)
	loan := func(i int, until time.Duration) credstore.Loan {
		return credstore.Loan{Machine: far[i], Account: book[0].ID, Until: noon.Add(until)}
	}
	loans := []credstore.Loan{loan(0, 240*time.Hour), loan(1, 2*time.Hour), loan(2, -time.Hour)}
	loans[2].Account = "chatgpt-0123456789abcdef"
	whose := map[string]string{book[0].ID: e.called(book[0])}
	blank := lending{env: e, try: e.work.attempt(), news: &lendingNews{last: map[flows.Target]flows.Progress{}}}
	with := func(loans ...credstore.Loan) lending {
		next, _, _ := blank.Update(loansMsg{attempt: blank.try.id, loans: loans, whose: whose})
		return next.(lending)
	}
	news := with(loans...)
	news.last = map[flows.Target]flows.Progress{
		far[0]: {Target: far[0], State: flows.SendDone, Sent: flows.Sent{Until: noon.Add(480 * time.Hour)}},
		far[1]: {Target: far[1], State: flows.SendFailed, Err: flows.ErrTakenBack},
	}
	over := with(loans[1])
	over.last, over.over = map[flows.Target]flows.Progress{far[1]: news.last[far[1]]}, true
	broken, _, _ := blank.Update(loansMsg{attempt: blank.try.id, err: credstore.ErrChanged})
	marked, _, _ := machines{env: e, entry: book[0], filter: newField(e, "", false), read: true, hosts: far[:1], hits: far[:1]}.Update(loansMsg{loans: loans[:1]})
	asked, _, _ := newSignOut(e, book[0], 5).Update(loansMsg{loans: loans})
	return []state{
		{name: "lending-reading", screen: blank},
		{name: "lending-none", screen: with()},
		{name: "lending", screen: with(loans...)},
		{name: "lending-news", screen: news},
		{name: "lending-over", screen: over},
		{name: "lending-broken", screen: broken},
		{name: "machines-lent", screen: marked},
		{name: "sign-out-lent", screen: asked},
		{name: "signed-out-lent", screen: newSignedOut(e, isSignedOut{entry: book[0], left: 1, out: flows.SignedOut{Account: book[0].Account, Revoked: true, Ended: 1, Lent: loans[:2]}})},
	}
}
