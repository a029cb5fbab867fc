package credstore

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	_ "embed"
	"errors"
	"io"
	"os/exec"
	"strings"
	"sync"
	"time"
)

//go:embed remote.sh
var remoteScript string

// How long the other side may take: to begin, which includes the start files of
// a shell there and, where ssh may ask, a person; and to answer.
var (
	beginPatience  = 90 * time.Second
	askingPatience = 5 * time.Minute
	answerPatience = 60 * time.Second
)

// session is one run of ssh, docker or podman with the script at its other end.
// It is one caller's at a time.
type session struct {
	machine Machine
	cmd     *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Reader
	pipe    io.Closer // under out
	said    *tail
	token   string
	begun   bool
	// over is why there is no more talking to it.
	over error
}

// dial starts the program and waits for the script to begin. ask lets ssh ask
// the person, on their terminal; what the program says on standard error goes to
// talk as well, which may be nil.
func dial(ctx context.Context, m Machine, ask bool, talk io.Writer) (*session, error) {
	if err := m.Check(); err != nil {
		return nil, err
	}
	s := &session{machine: m, token: rand.Text(), said: &tail{also: talk}}
	script := "token=" + s.token + "\n" + remoteScript
	argv := m.command(len(script), ask)
	s.cmd = exec.Command(argv[0], argv[1:]...)
	s.cmd.Stderr = s.said
	// A connection that ssh shares may keep standard error open for others.
	s.cmd.WaitDelay = 2 * time.Second
	var err error
	if s.in, err = s.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	s.out, s.pipe = bufio.NewReader(out), out
	if err := s.cmd.Start(); err != nil {
		return nil, m.ended(false, 0, err.Error(), err)
	}
	patience := beginPatience
	if ask {
		patience = askingPatience
	}
	_, code, err := s.exchange(ctx, patience, script, nil)
	if err == nil && code != "begin" {
		err = s.end(errors.New("it began with " + code))
	}
	if err != nil {
		return nil, err
	}
	s.begun = true
	return s, nil
}

// call sends a request, with a document behind it, and returns the answer: a
// text and a code.
func (s *session) call(ctx context.Context, request string, document []byte) (text []byte, code string, err error) {
	return s.exchange(ctx, answerPatience, request+"\n", document)
}

func (s *session) exchange(ctx context.Context, patience time.Duration, request string, document []byte) (text []byte, code string, err error) {
	if s.over != nil {
		return nil, "", s.over
	}
	limited, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	stop := context.AfterFunc(limited, func() {
		_ = s.cmd.Process.Kill()
		_ = s.pipe.Close() // a program that it started may still hold the other end
	})
	defer stop()
	_, err = s.in.Write(append([]byte(request), document...))
	// Whoever refuses a document half way has said why.
	text, code, readErr := s.answer()
	if readErr == nil {
		return text, code, nil
	}
	if !s.begun && s.said.last() == "" {
		_, _ = s.said.Write(text) // a shell that lets nobody in says so here
	}
	if err == nil {
		err = readErr
	}
	switch {
	case ctx.Err() != nil:
		_ = s.end(ctx.Err())
		s.over = ctx.Err()
	case limited.Err() != nil:
		_ = s.end(limited.Err())
		s.over = &MachineError{Problem: MachineTimeout, Machine: s.machine, Detail: s.said.last(), Err: limited.Err()}
	default:
		s.over = s.end(err)
	}
	return nil, "", s.over
}

// mostAnswered is the greatest answer in bytes: a document, and a bit.
const mostAnswered = maxDocument + 64<<10

// answer reads a text up to the line that ends it.
func (s *session) answer() (text []byte, code string, err error) {
	mark := []byte(s.token + " ")
	for len(text) <= mostAnswered {
		line, err := s.out.ReadSlice('\n')
		if ending, ok := bytes.CutPrefix(line, mark); ok && err == nil && (len(text) == 0 || text[len(text)-1] == '\n') {
			text = bytes.TrimSuffix(text, []byte("\n"))
			return text, strings.TrimRight(string(ending), "\r\n"), nil
		}
		text = append(text, line...)
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return text, "", err
		}
	}
	return nil, "", errors.New("the answer is too long")
}

// end waits for the program and says why it ended.
func (s *session) end(cause error) error {
	_ = s.in.Close()
	stop := time.AfterFunc(s.cmd.WaitDelay, func() { _ = s.cmd.Process.Kill() })
	defer stop.Stop()
	_ = s.cmd.Wait()
	s.over = s.machine.ended(s.begun, s.cmd.ProcessState.ExitCode(), s.said.text(), cause)
	return s.over
}

// close takes leave.
func (s *session) close() {
	if s.over == nil {
		_, _ = io.WriteString(s.in, "quit\n")
		_ = s.end(nil)
	}
}

// tail keeps the end of what a program says.
type tail struct {
	also io.Writer

	mu   sync.Mutex
	kept []byte
}

const mostKept = 16 << 10

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.kept = append(t.kept, p...)
	if n := len(t.kept) - mostKept; n > 0 {
		t.kept = append([]byte(nil), t.kept[n:]...)
	}
	if t.also != nil {
		_, _ = t.also.Write(p)
	}
	return len(p), nil
}

func (t *tail) text() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.kept)
}

func (t *tail) last() string { return lastLine(t.text()) }
