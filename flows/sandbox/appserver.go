package sandbox

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
)

// AppServer is a running "codex app-server": the JSON-RPC face, one message a
// line, behind which the TUI and the IDE extension sign in. Its methods are for
// one goroutine.
type AppServer struct {
	cmd   *exec.Cmd
	stdin io.WriteCloser
	lines *bufio.Scanner
	id    int
	notes []note // came while an answer was awaited
}

type note struct {
	ID     *int            `json:"id"`
	Method string          `json:"method"`
	Params json.RawMessage `json:"params"`
	Result json.RawMessage `json:"result"`
	Error  json.RawMessage `json:"error"`
}

// AppServer starts it and shakes hands. It ends with Close or with ctx.
func (p *Peer) AppServer(ctx context.Context) (*AppServer, error) {
	cmd := p.Command(ctx, "app-server")
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("sandbox: app-server: %w", err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("sandbox: app-server: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("sandbox: app-server: %w", err)
	}
	a := &AppServer{cmd: cmd, stdin: stdin, lines: bufio.NewScanner(stdout)}
	a.lines.Buffer(nil, maxBody)
	hello := map[string]any{"clientInfo": map[string]string{"name": "sandbox", "title": "Sandbox", "version": "1"}}
	if err := a.Call("initialize", hello, nil); err != nil {
		return nil, errors.Join(err, a.Close())
	}
	return a, a.send(map[string]any{"jsonrpc": "2.0", "method": "initialized"})
}

func (a *AppServer) send(message any) error {
	line, err := json.Marshal(message)
	if err != nil {
		return fmt.Errorf("sandbox: app-server: %w", err)
	}
	if _, err := a.stdin.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("sandbox: app-server: %w", err)
	}
	return nil
}

func (a *AppServer) next() (note, error) {
	for a.lines.Scan() {
		var n note
		if json.Unmarshal(a.lines.Bytes(), &n) == nil {
			return n, nil
		}
	}
	return note{}, errors.Join(errors.New("sandbox: app-server ended"), a.lines.Err())
}

// Call asks and reads the answer into result, which may be nil.
func (a *AppServer) Call(method string, params, result any) error {
	a.id++
	id := a.id
	if err := a.send(map[string]any{"jsonrpc": "2.0", "id": id, "method": method, "params": params}); err != nil {
		return err
	}
	for {
		n, err := a.next()
		switch {
		case err != nil:
			return err
		case n.Method != "":
			a.notes = append(a.notes, n)
		case n.ID != nil && *n.ID == id && n.Error != nil:
			return fmt.Errorf("sandbox: %s: %s", method, n.Error)
		case n.ID != nil && *n.ID == id && result == nil:
			return nil
		case n.ID != nil && *n.ID == id:
			return json.Unmarshal(n.Result, result)
		}
	}
}

// Await reads the parameters of the next notification of that name.
func (a *AppServer) Await(method string, params any) error {
	for {
		var n note
		if len(a.notes) > 0 {
			n, a.notes = a.notes[0], a.notes[1:]
		} else {
			var err error
			if n, err = a.next(); err != nil {
				return err
			}
		}
		if n.Method == method {
			return json.Unmarshal(n.Params, params)
		}
	}
}

// Kill ends the process at once. Close may take seconds over what Codex does in
// the background.
func (a *AppServer) Kill() {
	_ = a.cmd.Process.Kill()
	_ = a.cmd.Wait()
}

// Close ends the process; app-server leaves when its input ends.
func (a *AppServer) Close() error {
	_ = a.stdin.Close()
	for a.lines.Scan() { // what is left, so that it can end
		continue
	}
	_ = a.cmd.Wait() // its exit code says nothing about the sign-in
	return nil
}
