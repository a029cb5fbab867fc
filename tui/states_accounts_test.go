package tui

import (
	"fmt"
	"time"

	"codex-login/credstore"
	"codex-login/flows"
)

// after is a screen after some keys.
func after(s screen, keys ...string) screen {
	for _, k := range keys {
		s, _, _ = s.Update(press(k))
	}
	return s
}

func page(id string) credstore.Place {
	return credstore.Place{Kind: credstore.KindFile, Where: "/home/mina/.codex/codex-login/accounts/" + id + ".json"}
}

// entriesOf is a book with an account of every sort.
func entriesOf(x texts) []flows.Entry {
	mine := accountOf(x)
	mine.LastRefresh = noon.Add(-26 * time.Hour)
	team := mine
	team.Plan, team.WorkspaceID, team.Place = "business", "b3a9e7c4-08d2-4f6e-8c15-92d4f0e6b722", page("chatgpt-22f0c3b17a9d4e50")
	jonas := team
	jonas.Email, jonas.Plan, jonas.WorkspaceID = "jonas@example.test", "enterprise", "d81f40a6-7be3-4a95-b0c8-3f5e2a9c7d33"
	wide := team
	wide.Email, wide.Plan, wide.WorkspaceID = "李伟.long-name-of-a-person@research.institute.example.test", "pro", "e405b82d-93a7-47c1-8f3d-c6a1e7092b55"
	key := flows.Account{Method: flows.AccountAPIKey, KeyHint: "sk-proj-***12345", Place: page("key-77aa0f1e2d3c4b5a")}
	return []flows.Entry{
		{Account: mine, ID: "chatgpt-11f0c3b17a9d4e50", Active: true, Sessions: 3, LastUsed: noon.Add(-time.Hour)},
		{Account: team, ID: "chatgpt-22f0c3b17a9d4e50", Label: x.label, Sessions: 1, LastUsed: noon.Add(-50 * time.Hour)},
		{Account: jonas, ID: "chatgpt-33f0c3b17a9d4e50", Sessions: 2, LastUsed: noon.Add(-9 * 24 * time.Hour), Ended: &flows.SessionEndedError{Reason: flows.EndUsed}},
		{Account: wide, ID: "chatgpt-44f0c3b17a9d4e50", Sessions: 1, LastUsed: noon.Add(-30 * 24 * time.Hour), Refused: ruleOf(x)},
		{Account: key, ID: "key-77aa0f1e2d3c4b5a", Sessions: 1},
	}
}

// crowd is a book of n accounts, two for each address.
func crowd(n int) []flows.Entry {
	var out []flows.Entry
	for i := range n {
		id := fmt.Sprintf("%016x", i*7919)
		a := flows.Account{
			Method: flows.AccountChatGPT, Email: fmt.Sprintf("person%05d@example.test", i/2), Plan: []string{"plus", "business"}[i%2],
			WorkspaceID: id[8:] + "-5a41-4c0b-9d57-1b7a6c3e0a11", Place: page("chatgpt-" + id), ExpiresAt: noon.Add(240 * time.Hour),
		}
		out = append(out, flows.Entry{Account: a, ID: "chatgpt-" + id, Active: i == 0, Sessions: 1, LastUsed: noon.Add(-time.Duration(i) * time.Hour)})
	}
	return out
}

func listed(e *env, entries []flows.Entry, wins ...flows.Winner) accounts {
	s, _ := newAccounts(e, listing{Accounts: flows.Accounts{Entries: entries}, wins: wins})
	return s
}

// winsOf: a key in the environment beats the login in codex exec.
func winsOf() []flows.Winner {
	return []flows.Winner{
		{Client: flows.ClientTUI, Source: flows.FromLogin},
		{Client: flows.ClientExec, Source: flows.FromEnvironment, Variable: "CODEX_API_KEY", KeyHint: "sk-proj-***12345", BeatsLogin: true, Billed: true},
		{Client: flows.ClientAppServer, Source: flows.FromLogin},
	}
}

func accountStates(e *env, x texts) []state {
	book := entriesOf(x)
	warned := listed(e, book, winsOf()...)
	loading := blankAccounts(e)
	checking := listed(e, book)
	checking.checking = map[string]bool{book[1].ID: true}
	switching := checking
	switching.checking, switching.target, switching.row = nil, book[1].ID, 1
	at := func(row int) accounts {
		s := listed(e, book)
		s.row = row
		return s
	}
	doubted := at(1)
	doubted.doubts = map[string]string{book[1].ID: "auth.openai.com cannot be reached"}
	card := newAccountCard(e, wantCard{entry: book[0], wins: winsOf(), try: e.work.attempt()})
	busyCard := card
	busyCard.checking = true
	cardOf := func(i int) screen { return newAccountCard(e, wantCard{entry: book[i], try: e.work.attempt()}) }
	wrongName := newRename(e, book[1])
	wrongName.failed = &flows.InputError{Problem: flows.InputLabelTaken}
	choice := storeStates(e, x)[1].screen.(storeChoice)
	choice.choices, choice.moves = choice.choices[:3], 5
	moving := moving{env: e, mode: credstore.ModeKeyring, of: 5, try: e.work.attempt()}
	return []state{
		{name: "accounts", screen: listed(e, book)},
		{name: "accounts-loading", screen: loading},
		{name: "accounts-one", screen: listed(e, book[:1])},
		{name: "accounts-warned", screen: warned},
		{name: "accounts-200", screen: after(listed(e, crowd(200)), "pgdown", "pgdown")},
		{name: "accounts-filtered", screen: after(listed(e, book), "w", "o", "r", "k")},
		{name: "accounts-filtered-200", screen: after(listed(e, crowd(200)), "0", "9", " ", "b", "u", "s", "down")},
		{name: "accounts-nothing", screen: after(listed(e, book), "x", "y", "z")},
		{name: "accounts-ended", screen: at(2)},
		{name: "accounts-refused", screen: at(3)},
		{name: "accounts-key", screen: at(4)},
		{name: "accounts-checking", screen: checking},
		{name: "accounts-doubted", screen: doubted},
		{name: "accounts-switching", screen: switching},
		{name: "card", screen: card},
		{name: "card-checking", screen: busyCard},
		{name: "card-other", screen: cardOf(1)},
		{name: "card-ended", screen: cardOf(2)},
		{name: "card-refused", screen: cardOf(3)},
		{name: "rename", screen: newRename(e, book[1])},
		{name: "rename-wrong", screen: wrongName},
		{name: "move", screen: choice},
		{name: "moving", screen: moving},
		{name: "moved", screen: newMoved(e, flows.Moved{
			From: credstore.ModeFile, To: credstore.ModeKeyring, Account: &book[0].Account, Accounts: 5,
			Notes: []flows.Note{{Code: flows.NoteStoreConfigured}},
		})},
		{name: "trouble", screen: newTrouble(e, broken(x), e.say("accounts.unchanged"))},
		{name: "help-accounts", screen: newHelp(e, listed(e, book), e.bind("help", "f1"))},
	}
}

// holdersOf is what can hold the account before.
func holdersOf(x texts) flows.Holders {
	return flows.Holders{Programs: []flows.Holder{
		{Kind: flows.HolderTUI, PID: 4711, Program: "codex", Since: noon.Add(-2 * time.Hour)},
		{Kind: flows.HolderIDE, PID: 815, Program: x.program, Since: noon.Add(-26 * time.Hour)},
	}}
}

// receiptOf is a sign-in that another account was active before.
func receiptOf(x texts) flows.Receipt {
	book := entriesOf(x)
	return flows.Receipt{Account: book[0].Account, ID: book[0].ID, Back: book[1].ID, Previous: &book[1].Account}
}

func switchStates(e *env, x texts) []state {
	book := entriesOf(x)
	book[1].Place, book[4].Place = book[0].Place, book[0].Place
	now := isSwitched{switched: flows.Switched{Account: book[1], Left: &book[0], Changed: true}}
	held := now
	held.switched.Holders = holdersOf(x)
	first := isSwitched{switched: flows.Switched{Account: book[4], Changed: true}}
	working := newSwitched(e, held)
	working.working = true
	taken := now
	taken.dropped = &dropped{account: book[0].Account, out: flows.SignedOut{Revoked: true}}
	earlier, keyGone := taken, taken
	taken.dropped.out.Forgotten = 1
	earlier.dropped = &dropped{account: book[0].Account, out: flows.SignedOut{Revoked: true, Ended: 1}}
	keyGone.dropped = &dropped{account: book[4].Account, out: flows.SignedOut{Forgotten: 1}}
	left := taken
	left.dropped = &dropped{account: book[0].Account, err: broken(x)}
	heldDone := newDone(e, receiptOf(x))
	heldDone.holders = holdersOf(x)
	ended := newDone(e, receiptOf(x))
	ended.revoked = true
	wrong := newWrong(e, receiptOf(x))
	busy := wrong
	busy.working = true
	return []state{
		{name: "switched", screen: newSwitched(e, now)},
		{name: "switched-held", screen: newSwitched(e, held)},
		{name: "switched-plain", screen: newSwitched(e, first)},
		{name: "switched-working", screen: working},
		{name: "switched-back", screen: newSwitched(e, taken)},
		{name: "switched-back-earlier", screen: newSwitched(e, earlier)},
		{name: "switched-back-key", screen: newSwitched(e, keyGone)},
		{name: "switched-not-dropped", screen: newSwitched(e, left)},
		{name: "done-held", screen: heldDone},
		{name: "done-ended", screen: ended},
		{name: "wrong", screen: wrong},
		{name: "wrong-first", screen: newWrong(e, flows.Receipt{Account: book[0].Account, ID: book[0].ID})},
		{name: "wrong-key", screen: newWrong(e, flows.Receipt{Account: book[4].Account, ID: book[4].ID, Back: book[0].ID})},
		{name: "wrong-again", screen: newWrong(e, flows.Receipt{Account: book[0].Account, ID: book[0].ID, Previous: &book[0].Account})},
		{name: "wrong-known", screen: newWrong(e, flows.Receipt{Account: book[4].Account, ID: book[4].ID, Back: book[0].ID, Known: true})},
		{name: "wrong-working", screen: busy},
	}
}
