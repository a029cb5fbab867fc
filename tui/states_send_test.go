package tui

import (
	"errors"
	"fmt"
	"time"

	"codex-login/credstore"
	"codex-login/flows"
	"codex-login/policy"
)

// targetsOf are machines by the names that a person would type.
func targetsOf(names ...string) []flows.Target {
	var out []flows.Target
	for _, n := range names {
		t, _ := typed(n)
		out = append(out, t)
	}
	return out
}

func machineStates(e *env, x texts) []state {
	book := entriesOf(x)
	reading := machines{env: e, try: e.work.attempt(), entry: book[0], filter: newField(e, e.say("sendto.filter"), false)}
	reading.filter.Focus()
	with := func(entry flows.Entry, hosts ...string) screen {
		s := reading
		s.entry = entry
		next, _, _ := s.Update(hostsMsg{s.try.id, targetsOf(hosts...)})
		return next
	}
	few := func() screen { return with(book[0], "buildbox", "web-1", "web-2", "gpu.research.example.test") }
	var many []string
	for i := range 120 {
		many = append(many, fmt.Sprintf("node%03d", i))
	}
	out := []state{
		{name: "machines-reading", screen: reading},
		{name: "machines-none", screen: with(flows.Entry{})},
		{name: "machines", screen: few()},
		{name: "machines-marked", screen: after(few(), " ", "down", "down", " ")},
		{name: "machines-filtered", screen: after(few(), "w", "e", "b")},
		{name: "machines-typed", screen: after(few(), "d", "o", "c", "k", "e", "r", ":", "d", "b")},
		{name: "machines-bad", screen: after(few(), "-", "o")},
		{name: "machines-many", screen: after(with(book[0], many...), "down", "down")},
	}
	kind := func(entry flows.Entry, names ...string) screen {
		return newSendKind(e, wantKind{entry, targetsOf(names...)})
	}
	return append(out, []state{
		{name: "kind", screen: kind(book[0], "buildbox")},
		{name: "kind-lend", screen: after(kind(book[0], "buildbox"), "2")},
		{name: "kind-copy", screen: after(kind(book[0], "buildbox"), "3")},
		{name: "kind-move", screen: after(kind(book[0], "buildbox"), "4")},
		{name: "kind-several", screen: kind(book[0], "buildbox", "docker:web")},
		{name: "kind-key", screen: kind(book[4], "buildbox")},
		{name: "kind-ended", screen: kind(book[2], "buildbox")},
		{name: "enable-for", screen: enable{e, wantSending{&wantSend{}}}},
	}...)
}

// sendingAs is a sending in which every machine stands as given.
func sendingAs(e *env, kind flows.SendKind, rows ...flows.Progress) sending {
	s := sending{env: e, try: e.work.attempt(), request: flows.SendRequest{Kind: kind, SignIn: flows.Request{Method: flows.Device}}}
	for _, p := range rows {
		row := sendRow{now: p, running: p.State != flows.SendDone && p.State != flows.SendFailed && p.State != flows.SendAsks}
		if p.Err != nil { // it was worked on
			row.errand = &errand{Send: &flows.Send{}}
		}
		s.rows = append(s.rows, row)
	}
	s.show()
	return s
}

func sendStates(e *env, x texts) []state {
	far := targetsOf("buildbox", "web-1", "docker:web", "mina@gpu.research.example.test", "podman:db")
	at := func(i int, state flows.SendState) flows.Progress { return flows.Progress{Target: far[i], State: state} }
	failed := func(i int, err error) flows.Progress {
		return flows.Progress{Target: far[i], State: flows.SendFailed, Err: err}
	}
	a := accountOf(x)
	a.Place = credstore.Place{Kind: credstore.KindMachine, Where: "buildbox:" + x.path}
	sent := func(i int, kind flows.SendKind) flows.Progress {
		p := at(i, flows.SendDone)
		p.Sent = flows.Sent{Target: far[i], Kind: kind, Account: a, Codex: "codex-cli 0.169.0", Said: "Logged in using ChatGPT"}
		if kind == flows.SendLend {
			p.Sent.Until = a.ExpiresAt
		}
		return p
	}
	store := &flows.StoreThereError{Target: far[1], Mode: credstore.ModeKeyring, Source: policy.Source{Layer: policy.LayerUser, File: "/home/mina/.codex/config.toml", Line: 4}}
	denied := &credstore.MachineError{Problem: credstore.MachineDenied, Machine: far[1], Detail: x.detail}
	code := at(0, flows.SendSigningIn)
	code.Challenge = &flows.Challenge{Method: flows.Device, URL: x.url, UserCode: x.code, ExpiresAt: noon.Add(14*time.Minute + 32*time.Second)}
	page := at(0, flows.SendSigningIn)
	page.Challenge = &flows.Challenge{Method: flows.Browser, URL: authorizeURL, Port: 1455}
	copied := sent(0, flows.SendCopy)
	copied.Sent.Notes = []flows.Note{{Code: flows.NoteCopiesClash}, {Code: flows.NoteKeptThere}}
	moved := sent(0, flows.SendMove)
	moved.Sent.Notes = []flows.Note{{Code: flows.NoteNotForgotten, Err: errors.New("no")}}
	var fleet []flows.Progress
	for i := range 100 {
		p := flows.Progress{Target: targetsOf(fmt.Sprintf("node%03d", i))[0], State: flows.SendDone, Sent: flows.Sent{Account: a, Until: a.ExpiresAt}}
		if i%33 == 7 {
			p.State, p.Err = flows.SendFailed, &credstore.MachineError{Problem: credstore.MachineUnreachable, Machine: p.Target}
		}
		fleet = append(fleet, p)
	}
	return []state{
		{name: "sending", screen: sendingAs(e, flows.SendLend, at(0, flows.SendConnecting))},
		{name: "sending-code", screen: sendingAs(e, flows.SignInFor, code, at(1, flows.SendWaiting))},
		{name: "sending-page", screen: sendingAs(e, flows.SignInFor, page)},
		{name: "sending-several", screen: sendingAs(
			e, flows.SendLend, sent(0, flows.SendLend), failed(1, denied), at(2, flows.SendStoring), at(3, flows.SendAsks), at(4, flows.SendWaiting),
		)},
		{name: "sending-asks", screen: sendingAs(e, flows.SendLend, at(3, flows.SendAsks))},
		{name: "sent", screen: sendingAs(e, flows.SignInFor, sent(0, flows.SignInFor))},
		{name: "sent-lent", screen: sendingAs(e, flows.SendLend, sent(0, flows.SendLend))},
		{name: "sent-copied", screen: sendingAs(e, flows.SendCopy, copied)},
		{name: "sent-moved", screen: sendingAs(e, flows.SendMove, moved)},
		{name: "sent-failed", screen: sendingAs(e, flows.SendLend, failed(1, denied))},
		{name: "sent-store", screen: sendingAs(e, flows.SendLend, sent(0, flows.SendLend), failed(1, store))},
		{name: "sent-some", screen: sendingAs(e, flows.SendLend, sent(0, flows.SendLend), failed(1, denied), sent(2, flows.SendLend))},
		{name: "sent-hundred", screen: sendingAs(e, flows.SendLend, fleet...)},
	}
}
