package sandbox

import (
	"bytes"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestStartOnlyOnLoopback(t *testing.T) {
	for _, addr := range []string{"0.0.0.0:0", ":0", "[::]:0"} {
		if s, err := Start(Options{Addr: addr}); err == nil {
			_ = s.Close()
			t.Errorf("listens on %q", addr)
		}
	}
}

func TestTLS(t *testing.T) {
	config, _, err := SelfSigned("Sandbox")
	if err != nil {
		t.Fatal(err)
	}
	s := start(t, Options{TLS: config})
	if !strings.HasPrefix(s.URL(), "https://") {
		t.Fatal(s.URL())
	}
	a := newAttempt()
	if r := s.postForm(t, "/oauth/token", a.exchange(s.code(t, &a, MinaPlus))); r.status != 200 {
		t.Errorf("exchange: %d %s", r.status, r.body)
	}
	if raw := s.Requests()[0].RawHeader; len(raw) == 0 {
		t.Error("no header lines were kept under TLS")
	}
}

func TestCloseLetsHangingAnswersGo(t *testing.T) {
	s, err := Start(Options{Setup: func(b *Behaviour) { b.Inject(Models, Hang()) }})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() {
		answer, err := s.client.Get(s.URL() + "/v1/models")
		if err == nil {
			_ = answer.Body.Close()
		}
		done <- err
	}()
	for len(s.Requests()) == 0 {
		time.Sleep(time.Millisecond)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if <-done == nil {
		t.Error("the hanging request was answered")
	}
}

func TestRecordKeepsTheWire(t *testing.T) {
	s := start(t, Options{})
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.URL(), "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	body := `{"client_id":"app","x":1}`
	head := "POST /oauth/revoke?b=2&a=%31 HTTP/1.1\r\nx-ODD: 1\r\ncontent-type: application/json\r\nhost: h\r\ncontent-length: 25\r\n\r\n"
	// Twice on one connection, cut in odd places: the second must not see the first.
	for range 2 {
		for _, part := range []string{head[:20], head[20:], body[:3], body[3:]} {
			if _, err := io.WriteString(conn, part); err != nil {
				t.Fatal(err)
			}
		}
		readAnswer(t, conn)
	}
	requests := s.Requests()
	if len(requests) != 2 {
		t.Fatalf("%d requests were kept", len(requests))
	}
	for _, r := range requests {
		if r.Query != "b=2&a=%31" || string(r.Body) != body || r.Endpoint != Revoke || r.Status != 400 || r.Sent == 0 {
			t.Errorf("kept %+v", r)
		}
		if got := strings.Join(r.RawHeader, "|"); got != "x-ODD: 1|content-type: application/json|host: h|content-length: 25" {
			t.Errorf("header lines: %s", got)
		}
	}
	s.Forget()
	if len(s.Requests()) != 0 {
		t.Error("Forget kept something")
	}
}

func readAnswer(t *testing.T, conn net.Conn) {
	t.Helper()
	var all []byte
	buffer := make([]byte, 4096)
	for !bytes.Contains(all, []byte("}}")) {
		n, err := conn.Read(buffer)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, buffer[:n]...)
	}
}

func TestBodyLimit(t *testing.T) {
	s := start(t, Options{})
	if r := s.send(t, "POST", "/oauth/token", "application/json", strings.Repeat("a", maxBody+1)); r.err == nil && r.status != 413 {
		t.Errorf("a body over the limit got %d", r.status)
	}
}

func TestConcurrentUse(t *testing.T) {
	s := start(t, Options{})
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			a := newAttempt()
			r := s.postForm(t, "/oauth/token", a.exchange(s.code(t, &a, MinaHarbour)))
			if r.status != 200 {
				t.Errorf("exchange: %d %s", r.status, r.body)
			}
			s.Set(func(b *Behaviour) { b.Slow(Revoke, time.Duration(i)) })
			_ = s.Requests()
		})
	}
	all.Wait()
}
