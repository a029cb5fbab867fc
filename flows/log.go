package flows

import (
	"context"
	"errors"
	"log/slog"
	"os"

	"codex-login/credstore"
	"codex-login/flows/loginlog"
	"codex-login/flows/network"
)

// trace takes down what happened.
func (l *Login) trace(level slog.Level, e loginlog.Event, facts ...loginlog.Fact) {
	if l != nil && l.Trace != nil {
		l.Trace.Add(l.Clock.now(), level, e, facts...)
	}
}

func (l *Login) info(e loginlog.Event, facts ...loginlog.Fact) {
	l.trace(slog.LevelInfo, e, facts...)
}

func (l *Login) warn(e loginlog.Event, facts ...loginlog.Fact) {
	l.trace(slog.LevelWarn, e, facts...)
}

// failed takes an error down. That a person left or mistyped is none.
func (l *Login) failed(e loginlog.Event, err error, facts ...loginlog.Fact) {
	level := slog.LevelError
	var input *InputError
	if errors.Is(err, ErrCancelled) || errors.Is(err, ErrTakenOver) || errors.Is(err, context.Canceled) || errors.As(err, &input) {
		level = slog.LevelWarn
	}
	if l != nil && l.Trace != nil {
		l.trace(level, e, append(facts, errorFacts(err)...)...)
	}
}

var flowEvents = map[Method]loginlog.Event{
	Browser: loginlog.BrowserFlow, Device: loginlog.DeviceFlow, APIKey: loginlog.KeyFlow, AccessToken: loginlog.TokenFlow,
}

// logStart says what is begun, for whom to ask, and where.
func (l *Login) logStart(r Request) {
	method := r.Method
	if method == "" {
		method = Browser
	}
	facts := []loginlog.Fact{loginlog.Host(l.Issuer.base()), loginlog.Count("pid", os.Getpid()), loginlog.System(l.Where.OS)}
	if l.Where.SSH != nil {
		facts = append(facts, loginlog.Word("ssh", "yes"))
	}
	if l.Where.WSL > 0 {
		facts = append(facts, loginlog.Count("wsl", l.Where.WSL))
	}
	facts = append(facts, loginlog.OneOf("container", l.Where.Container, "docker", "podman", "kubernetes", "lxc", "container"), loginlog.Kind("store", r.Store))
	l.info(flowEvents[method], facts...)
}

// logNote takes down what a worker says to the person.
func (l *Login) logNote(n Note) {
	facts := []loginlog.Fact{loginlog.Code("note", n.Code)}
	switch {
	case n.Code == NoteThroughProxy:
		facts = append(facts, loginlog.Proxy(network.ProxyChoice{Variable: n.Where}))
	case n.Holder != "":
		facts = append(facts, loginlog.Program(n.Holder))
	}
	if n.Err != nil {
		facts = append(facts, errorFacts(n.Err)...)
	}
	switch n.Code {
	case NoteExchanging, NoteRecovered, NoteStoreConfigured, NoteKeyringPrompt, NoteMended, NoteMoveMended, NoteNewerTaken:
		l.info(loginlog.Note, facts...)
	default:
		l.warn(loginlog.Note, facts...)
	}
}

// logSaved says where a login is now.
func (l *Login) logSaved(r Receipt) {
	l.info(loginlog.Stored, append([]loginlog.Fact{loginlog.ID("account", r.ID)}, loginlog.Place(r.Account.Place)...)...)
	for _, n := range r.Notes {
		l.logNote(n)
	}
}

// logSignedOut says what a sign-out has removed; nothing where nobody was.
func (l *Login) logSignedOut(out SignedOut, err error) {
	facts := []loginlog.Fact{loginlog.Count("forgotten", out.Forgotten), loginlog.Count("ended", out.Ended)}
	switch {
	case errors.Is(err, credstore.ErrNotFound):
	case err != nil:
		l.failed(loginlog.SignedOutNot, err, facts...)
	default:
		l.info(loginlog.SignedOut, facts...)
	}
}

func (l *Login) logSwitched(s Switched) {
	facts := []loginlog.Fact{loginlog.ID("account", s.Account.ID)}
	if s.Left != nil {
		facts = append(facts, loginlog.ID("left", s.Left.ID))
	}
	l.info(loginlog.Switched, append(facts, loginlog.Place(s.Account.Place)...)...)
	for _, n := range s.Notes {
		l.logNote(n)
	}
}

// logMachine says how far another machine is served. Its name is something
// that a person has typed.
func (l *Login) logMachine(number int, p Progress) {
	facts := []loginlog.Fact{loginlog.Count("number", number), loginlog.Kind("kind", p.Target.Kind), loginlog.Code("state", p.State)}
	if p.Err != nil {
		l.failed(loginlog.MachineNot, p.Err, facts...)
		return
	}
	l.info(loginlog.Machine, facts...)
}
