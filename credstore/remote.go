package credstore

import (
	"context"
	"io"
	"path"
	"strings"
	"sync"

	"codex-login/assets/display"
)

// Remote is another machine as a Store: the login is its auth.json, under
// Codex's locks where it has flock(1). All goes through one run of ssh, docker
// or podman, so that a password is asked for once; one that has ended is started
// again by the next Save.
//
// A save is whole or did not happen: the document is written beside auth.json,
// sent back, compared here, and only then, on a word of its own, put in its
// place. Whatever breaks off before that word leaves the old login, and no
// other file.
type Remote struct {
	machine Machine

	saving sync.Mutex // held through a whole Save or Delete
	mu     sync.Mutex // guards session, which is one caller's at a time
	talk   *session
	facts  Facts
}

// Facts is what a machine tells about itself. Every text may be shown.
type Facts struct {
	// OS is what uname says; User is who one is there.
	OS, User string
	// Home is CODEX_HOME there, as path.Clean leaves it. Named: a variable there names it. Exists: the
	// folder is there; a save makes it otherwise.
	Home          string
	Named, Exists bool
	// Writable: a login can be stored in Home, as far as its mode tells.
	Writable bool
	// Locks: Codex's locks can be taken there.
	Locks bool
	// Codex is the path of the program, "" where it was not found; Version is
	// what it says of itself.
	Codex, Version string
}

// Reach connects to a machine and looks around. ask lets ssh ask the person for
// a password or about a host key, on their terminal, which nobody else may be
// using; what ssh says goes to talk then, which may be nil. The error is a
// *MachineError or ctx's. Whoever gets a Remote has to Close it.
func Reach(ctx context.Context, m Machine, ask bool, talk io.Writer) (*Remote, error) {
	r := &Remote{machine: m}
	s, err := dial(ctx, m, ask, talk)
	if err == nil {
		err = r.begin(ctx, s)
	}
	if err != nil {
		return nil, err
	}
	return r, nil
}

// connect begins another conversation if the last one has broken off. It asks
// the person nothing: by now a screen may have the terminal.
func (r *Remote) connect(ctx context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	if r.talk.over == nil {
		return nil
	}
	s, err := dial(ctx, r.machine, false, nil)
	if err != nil {
		return err
	}
	return r.begin(ctx, s)
}

func (r *Remote) begin(ctx context.Context, s *session) error {
	text, code, err := s.call(ctx, "facts", nil)
	if err != nil {
		return err
	}
	facts, ok := parseFacts(text)
	if !ok || code != "ok" {
		s.close()
		return &MachineError{Problem: MachineNoHome, Machine: r.machine, Detail: display.Cut(facts.Home, 300)}
	}
	r.talk, r.facts = s, facts
	return nil
}

// parseFacts also reports whether the home can be used. One with a line break
// or another control character could neither be shown nor compared.
func parseFacts(text []byte) (f Facts, ok bool) {
	said := map[string]string{}
	for line := range strings.Lines(string(text)) {
		if name, value, found := strings.Cut(strings.TrimRight(line, "\r\n"), "="); found {
			said[name] = display.Clean(value)
		}
	}
	f = Facts{
		OS: display.Cut(said["os"], 300), User: display.Cut(said["user"], 300), Home: said["home"], Codex: display.Cut(said["codex"], 300), Version: display.Cut(said["version"], 300),
		Named: said["named"] == "yes", Exists: said["exists"] == "yes", Writable: said["writable"] == "yes", Locks: said["locks"] == "yes",
	}
	if !strings.HasPrefix(f.Home, "/") || said["known"] != "yes" || said["odd"] == "yes" {
		return f, false
	}
	f.Home = path.Clean(f.Home)
	return f, true
}

// Machine is the machine.
func (r *Remote) Machine() Machine { return r.machine }

// Facts is what the machine told when it was reached.
func (r *Remote) Facts() Facts {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.facts
}

// Mode is ModeFile: nothing else can be reached from here.
func (r *Remote) Mode() Mode { return ModeFile }

// Close ends the conversation.
func (r *Remote) Close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.talk.close()
}

func (r *Remote) call(ctx context.Context, document []byte, words ...string) (text []byte, code string, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.talk.call(ctx, strings.Join(words, " "), document)
}
