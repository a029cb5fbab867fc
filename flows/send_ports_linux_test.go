package flows

import (
	"net"
	"sync"
	"testing"
	"time"

	"codex-login/credstore"
	"codex-login/flows/sandbox"
)

// TestSignInForMoreMachinesThanPorts: without device codes each sign-in needs
// one of two ports, and those that find none wait for their turn.
func TestSignInForMoreMachinesThanPorts(t *testing.T) {
	issuer, f := startSandbox(t, sandbox.Options{Setup: func(b *sandbox.Behaviour) { b.DeviceDisabled = true }}), newFleet(t)
	l := hurried(t, issuer)
	l.ports = freePorts(t, 2)
	targets := f.add("", "one", "two", "three", "four")
	s := newSend(t, l, SendRequest{Kind: SignInFor, Targets: targets, SignIn: Request{Method: Device}})
	var running sync.WaitGroup
	running.Go(func() {
		if err := s.Run(t.Context()); err != nil {
			t.Error(err)
		}
	})
	over := make(chan struct{})
	go func() { running.Wait(); close(over) }()
	seen := map[string]bool{}
	limit := time.After(30 * time.Second)
	for ended := false; !ended; time.Sleep(2 * time.Millisecond) {
		select {
		case <-over:
			ended = true
		case <-limit:
			t.Fatalf("%+v", s.Progress())
		default:
		}
		// Nobody is answered before somebody has looked for a port in vain, twice.
		failed := false
		var open []string
		for _, p := range s.Progress() {
			failed = failed || p.State == SendFailed
			if p.Challenge != nil && !seen[p.Challenge.URL] {
				open = append(open, p.Challenge.URL)
			}
		}
		if !failed && !ended && len(issuer.RequestsTo(sandbox.DeviceCode)) < len(targets)+2 {
			continue
		}
		for _, url := range open {
			seen[url] = true
			if _, err := issuer.Approve(t.Context(), url, sandbox.MinaHarbour); err != nil {
				t.Error(err)
			}
		}
	}
	for _, p := range s.Progress() {
		if a := f.login(p.Target.Name); p.State != SendDone || a == nil || a.Kind() != credstore.AuthChatGPT {
			t.Errorf("%s: %s, %v", p.Target, p.State, p.Err)
		}
	}
}

// freePorts are so many that nobody listens on.
func freePorts(t *testing.T, n int) []int {
	t.Helper()
	var ports []int
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = l.Close() }()
		ports = append(ports, l.Addr().(*net.TCPAddr).Port)
	}
	return ports
}
