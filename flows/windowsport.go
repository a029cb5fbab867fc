package flows

import (
	"bytes"
	"context"
	"encoding/csv"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"

	"codex-login/assets/display"
)

// netstatLimit is for the programs of Windows, which WSL starts slowly.
const netstatLimit = 5 * time.Second

// relays are the programs by which Windows passes its own localhost on to WSL:
// they listen because we do.
var relays = []string{"wslrelay.exe", "wslhost.exe"}

// warnOfWindows says when a program of Windows listens on the port too. The
// browser of Windows would come back to that one and not to us. In WSL 1 the
// ports are the same, so there the listener itself has failed.
func (f *browserFlow) warnOfWindows(ctx context.Context) {
	if f.login.Where.WSL != 2 || !f.login.Where.Interop {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, netstatLimit)
	defer cancel()
	if holder, held := windowsHolder(ctx, f.challenge.Port); held {
		f.challenge.note(Note{Code: NoteWindowsPort, At: f.login.Clock.now(), Holder: holder.Program, Where: strconv.Itoa(holder.Port)})
	}
}

// windowsHolder asks Windows who listens on a port of its localhost.
func windowsHolder(ctx context.Context, port int) (PortHolder, bool) {
	out, err := windowsOutput(ctx, "netstat.exe", "-a", "-n", "-o", "-p", "TCP")
	if err != nil {
		return PortHolder{}, false
	}
	pid, listens := parseNetstat(out, port)
	if !listens {
		return PortHolder{}, false
	}
	holder := PortHolder{Port: port, PID: pid}
	if out, err := windowsOutput(ctx, "tasklist.exe", "/FI", "PID eq "+strconv.Itoa(pid), "/FO", "CSV", "/NH"); err == nil {
		holder.Program = parseTasklist(out, pid)
	}
	return holder, !slices.Contains(relays, strings.ToLower(holder.Program))
}

func windowsOutput(ctx context.Context, name string, words ...string) ([]byte, error) {
	program := windowsProgram(name, "", exec.LookPath)
	if program == "" {
		return nil, exec.ErrNotFound
	}
	cmd := exec.CommandContext(ctx, program, words...)
	cmd.SysProcAttr = apart()
	cmd.WaitDelay = time.Second // a grandchild may hold the pipe
	return cmd.Output()
}

// parseNetstat finds who listens on a port, in `netstat -ano`. The words are in
// the language of Windows, so a listener is told by its foreign address.
func parseNetstat(out []byte, port int) (pid int, found bool) {
	for line := range bytes.Lines(out) {
		words := strings.Fields(string(line))
		if len(words) < 4 || words[0] != "TCP" || !strings.HasSuffix(words[1], ":"+strconv.Itoa(port)) {
			continue
		}
		if words[2] != "0.0.0.0:0" && words[2] != "[::]:0" {
			continue
		}
		if pid, err := strconv.Atoi(words[len(words)-1]); err == nil {
			return pid, true
		}
	}
	return 0, false
}

// parseTasklist finds a program's name in `tasklist /FO CSV /NH`, whose first
// columns are name and PID. "" where it says that there is none, in words.
func parseTasklist(out []byte, pid int) string {
	r := csv.NewReader(bytes.NewReader(out))
	r.FieldsPerRecord = -1
	rows, _ := r.ReadAll()
	for _, row := range rows {
		if len(row) >= 2 && row[1] == strconv.Itoa(pid) {
			return display.Line(row[0], 60)
		}
	}
	return ""
}
