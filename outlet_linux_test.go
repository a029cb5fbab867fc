package main

import (
	"bytes"
	"os"
	"strings"
	"testing"
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
