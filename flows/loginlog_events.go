package flows

import (
	"errors"
	"os"

	"codex-login/credstore"
)

// The events of a sign-in. The first four are in Codex's own words.
const (
	eventBrowserFlow event = "starting browser login flow"
	eventDeviceFlow  event = "starting device code login flow"
	eventKeyFlow     event = "starting api key login flow"
	eventTokenFlow   event = "starting access token login flow"

	eventPortTaken     event = "port taken"
	eventListening     event = "listening for the browser"
	eventBrowserOpened event = "browser asked to show the page"
	eventBrowserNot    event = "browser not opened"
	eventCallback      event = "callback accepted"
	eventCallbackNot   event = "callback refused"
	eventPasted        event = "pasted answer accepted"
	eventPastedNot     event = "pasted answer refused"
	eventTakenOver     event = "another sign-in takes the port over"
	eventCode          event = "device code received"
	eventCodeState     event = "device code"
	eventObtained      event = "login obtained"
	eventStored        event = "login stored"
	eventSignInNot     event = "sign-in ended without a login"
	eventNote          event = "the person is told"
	eventRenewing      event = "renewing the tokens"
	eventRenewed       event = "tokens renewed"
	eventRenewedNot    event = "tokens not renewed"
	eventSwitched      event = "switched to another account"
	eventUndone        event = "sign-in taken back"
	eventSwitchedNot   event = "switch ended without a change"
	eventRevoked       event = "session ended at the issuer"
	eventRevokedNot    event = "session not ended at the issuer"
	eventSignedOut     event = "signed out"
	eventSignedOutNot  event = "sign-out failed"
	eventRuleSignedOut event = "signed out by a rule"
	eventImportedNot   event = "import failed"
	eventMoved         event = "logins moved"
	eventMovedNot      event = "move of the logins failed"
	eventMachine       event = "machine"
	eventMachineNot    event = "machine not served"
)

var flowEvents = map[Method]event{
	Browser: eventBrowserFlow, Device: eventDeviceFlow, APIKey: eventKeyFlow, AccessToken: eventTokenFlow,
}

// logStart says what is begun, for whom to ask, and where.
func (l *Login) logStart(r Request) {
	method := r.Method
	if method == "" {
		method = Browser
	}
	facts := []fact{hostFact(l.Issuer.base()), count("pid", os.Getpid()), codeFact("os", l.Where.OS)}
	if l.Where.SSH != nil {
		facts = append(facts, codeFact("ssh", "yes"))
	}
	if l.Where.WSL > 0 {
		facts = append(facts, count("wsl", l.Where.WSL))
	}
	facts = append(facts, codeFact("container", l.Where.Container), codeFact("store", r.Store))
	l.info("login", flowEvents[method], facts...)
}

// logNote takes down what a worker says to the person.
func (l *Login) logNote(n Note) {
	facts := []fact{codeFact("note", n.Code)}
	if n.Holder != "" {
		facts = append(facts, fact{"program", n.Holder})
	}
	if n.Err != nil {
		facts = append(facts, errorFacts(n.Err)...)
	}
	switch n.Code {
	case NoteExchanging, NoteRecovered, NoteStoreConfigured, NoteKeyringPrompt, NoteMended, NoteMoveMended, NoteNewerTaken:
		l.info("login", eventNote, facts...)
	default:
		l.warn("login", eventNote, facts...)
	}
}

// logSaved says where a login is now.
func (l *Login) logSaved(r Receipt) {
	l.info("login", eventStored, append([]fact{{"account", r.ID}}, storeFacts(r.Account.Place)...)...)
	for _, n := range r.Notes {
		l.logNote(n)
	}
}

// logSignedOut says what a sign-out has removed; nothing where nobody was.
func (l *Login) logSignedOut(out SignedOut, err error) {
	facts := []fact{count("forgotten", out.Forgotten), count("ended", out.Ended)}
	switch {
	case errors.Is(err, credstore.ErrNotFound):
	case err != nil:
		l.failed("logout", eventSignedOutNot, err, facts...)
	default:
		l.info("logout", eventSignedOut, facts...)
	}
}

func (l *Login) logSwitched(s Switched) {
	facts := []fact{{"account", s.Account.ID}}
	if s.Left != nil {
		facts = append(facts, fact{"left", s.Left.ID})
	}
	l.info("switch", eventSwitched, append(facts, storeFacts(s.Account.Place)...)...)
	for _, n := range s.Notes {
		l.logNote(n)
	}
}

// logMachine says how far another machine is served. Its name is something
// that a person has typed.
func (l *Login) logMachine(number int, p Progress) {
	facts := []fact{count("number", number), codeFact("kind", p.Target.Kind), codeFact("state", p.State)}
	if p.Err != nil {
		l.failed("machine", eventMachineNot, p.Err, facts...)
		return
	}
	l.info("machine", eventMachine, facts...)
}
