package policy

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"testing"
)

// appServer is a running `codex app-server`. It reads the configuration again
// for every config/read, but -c and requirements.toml only at its start.
type appServer struct {
	t      *testing.T
	to     io.WriteCloser
	from   *bufio.Scanner
	number int
	home   string // its CODEX_HOME
}

// serve starts one with the overrides of the case. It ends with the test.
func (r *codexRun) serve() *appServer {
	r.t.Helper()
	run, stop := r.command("app-server")
	to, err1 := run.StdinPipe()
	from, err2 := run.StdoutPipe()
	if err := errors.Join(err1, err2, run.Start()); err != nil {
		stop()
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() {
		stop()
		_ = run.Wait() // it is stopped
	})
	s := &appServer{t: r.t, to: to, from: bufio.NewScanner(from), home: r.home}
	s.from.Buffer(nil, 1<<24)
	s.call("initialize", map[string]any{"clientInfo": map[string]any{"name": "test", "version": "1"}}, nil)
	s.say(map[string]any{"method": "initialized"})
	return s
}

// say sends a message. A server that has ended by itself, since it refuses the
// configuration, does not hear it, and will not answer.
func (s *appServer) say(message map[string]any) {
	text, err := json.Marshal(message)
	if err != nil {
		s.t.Fatal(err)
	}
	_, _ = s.to.Write(append(text, '\n'))
}

// call decodes a method's result. refused is the server's error, if it answers
// with one, or ends without an answer.
func (s *appServer) call(method string, params map[string]any, into any) (refused string) {
	s.number++
	s.say(map[string]any{"id": s.number, "method": method, "params": params})
	for s.from.Scan() {
		var answer struct {
			ID     any
			Result json.RawMessage
			Error  *struct{ Message string }
		}
		if err := json.Unmarshal(s.from.Bytes(), &answer); err != nil {
			s.t.Fatal(err)
		}
		switch {
		case answer.ID != float64(s.number):
			continue
		case answer.Error != nil:
			return answer.Error.Message
		case into == nil:
			return ""
		}
		if err := json.Unmarshal(answer.Result, into); err != nil {
			s.t.Errorf("%s: %v", method, err)
		}
		return ""
	}
	return method + ": no answer"
}
