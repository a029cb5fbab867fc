package main

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"codex-login/credstore"
)

// TestStandardOutputOnAFullDisk: what a command could not say, it has not done.
func TestStandardOutputOnAFullDisk(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		missing(t, "/dev/full")
	}
	defer full.Close()
	p := newPerson(t, nil)
	if got := p.run("sk-test-0123456789abcdef", "--with-api-key"); got.code != exitDone {
		t.Fatal(got)
	}
	for _, args := range []string{
		"export", "export --json", "status", "status --json", "accounts", "store --json",
		"policy", "recipes", "security --json", "compare", "doctor --offline --json", "completion bash", "--help",
	} {
		cmd := p.command(strings.Fields(args)...)
		var talk bytes.Buffer
		cmd.Stdout, cmd.Stderr = full, &talk
		_ = cmd.Run()
		said := talk.String()
		if cmd.ProcessState.ExitCode() != exitFailed || !strings.Contains(said, "Standard output could not be written: no space left on device") {
			t.Errorf("%s: exit code %d, %s", args, cmd.ProcessState.ExitCode(), said)
		}
		if strings.Contains(said, "Exported") {
			t.Errorf("%s says that it has exported: %s", args, said)
		}
	}
}

// unheard runs a command into a pipe that nobody reads.
func (p *person) unheard(args ...string) ran {
	p.t.Helper()
	read, write, err := os.Pipe()
	if err != nil {
		p.t.Fatal(err)
	}
	defer write.Close()
	_ = read.Close()
	cmd := p.command(args...)
	var talk bytes.Buffer
	cmd.Stdout, cmd.Stderr = write, &talk
	_ = cmd.Run()
	return ran{"", talk.String(), cmd.ProcessState.ExitCode()}
}

// TestUnheardCommandEndsWhatItBegan: a reader that goes, as head does, ends no
// program by a signal: it could be in the middle of a renewal, whose old token is
// spent by then.
func TestUnheardCommandEndsWhatItBegan(t *testing.T) {
	p := newPerson(t, quick)
	due := p.storedSession(accessToken(fmt.Sprintf(`{"exp":%d}`, time.Now().Add(time.Minute).Unix())), time.Hour)
	if got := p.unheard("accounts", "--verify", "--json"); got.code != exitFailed {
		t.Errorf("%+v", got)
	}
	if now, err := credstore.Parse([]byte(p.authJSON()), credstore.Place{}); err != nil || now.SameSecret(due) {
		t.Errorf("not renewed: %v", err)
	}
	for _, args := range []string{"status", "export --json", "doctor --offline", "--help", "completion bash"} {
		if got := p.unheard(strings.Fields(args)...); got.code != exitFailed || strings.Contains(got.err, "Standard output") {
			t.Errorf("%s: %+v", args, got)
		}
	}
}

// TestUnheardSignInForAMachine ends: nobody can answer it.
func TestUnheardSignInForAMachine(t *testing.T) {
	dir := containers(t, "web")
	p := newPerson(t, quick)
	if got := p.unheard("send", "--docker", "web", "--json"); got.code != exitCancelled || loginIn(t, dir, "web") != nil {
		t.Errorf("%+v", got)
	}
	p.run("sk-proj-copied-0123456789\n", "--with-api-key")
	if got := p.unheard("send", "--docker", "web", "--copy"); got.code != exitFailed || loginIn(t, dir, "web") == nil {
		t.Errorf("%+v", got)
	}
}
