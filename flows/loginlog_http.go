package flows

import (
	"context"
	"crypto/tls"
	"net/http/httptrace"
	"strings"
	"sync"
	"time"
)

const (
	eventAsking   event = "asking"
	eventAnswered event = "answered"
	eventNoAnswer event = "no answer"
)

// repeats is a question that is asked again and again: only what differs from
// the time before goes into the log.
type repeats struct {
	mu   sync.Mutex
	last string
}

// news reports whether outcome is another one than the last.
func (r *repeats) news(outcome string) bool {
	if r == nil {
		return true
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	is := r.last != outcome
	r.last = outcome
	return is
}

func (r *repeats) first() bool {
	if r == nil {
		return true
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.last == ""
}

// visit is one request as the log tells of it. How long each stage took is
// measured by the process's clock, whatever the time of a test is.
type visit struct {
	login   *Login
	request request
	began   time.Time

	mu      sync.Mutex // a dial may go on when the request is over
	stage   string     // what is under way, so that a wait can be told
	started map[string]time.Time
	lasted  []fact
	reused  bool
	tls     uint16
}

// visit begins to tell of a request. What it returns carries the context of
// the request.
func (l *Login) visit(ctx context.Context, r request) (*visit, context.Context) {
	v := &visit{login: l, request: r, began: time.Now(), started: map[string]time.Time{}}
	if l.Trace == nil {
		return v, ctx
	}
	if r.repeats.first() {
		l.info("http", eventAsking, v.about()...)
	}
	return v, httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		DNSStart:     func(httptrace.DNSStartInfo) { v.begin("dns") },
		DNSDone:      func(httptrace.DNSDoneInfo) { v.end("dns") },
		ConnectStart: func(string, string) { v.begin("connect") },
		ConnectDone: func(_, _ string, err error) {
			if err == nil {
				v.end("connect")
			}
		},
		TLSHandshakeStart: func() { v.begin("tls") },
		TLSHandshakeDone: func(state tls.ConnectionState, err error) {
			if err == nil {
				v.end("tls")
				v.mu.Lock()
				v.tls = state.Version
				v.mu.Unlock()
			}
		},
		GotConn: func(info httptrace.GotConnInfo) {
			v.mu.Lock()
			v.reused = info.Reused
			v.mu.Unlock()
		},
		WroteRequest:         func(httptrace.WroteRequestInfo) { v.begin("wait") },
		GotFirstResponseByte: func() { v.end("wait") },
	})
}

func (v *visit) about() []fact {
	return []fact{codeFact("method", v.request.method), hostFact(v.request.url), pathFact(v.request.url)}
}

func (v *visit) begin(stage string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if _, running := v.started[stage]; !running { // two families are dialled side by side
		v.started[stage], v.stage = time.Now(), stage
	}
}

func (v *visit) end(stage string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if begun, ok := v.started[stage]; ok && v.stage != "" {
		v.lasted = append(v.lasted, took(stage, time.Since(begun)))
		delete(v.started, stage)
	}
}

// answered tells of an answer, whatever it says.
func (v *visit) answered(a answer) {
	l := v.login
	if l.Trace == nil {
		return
	}
	facts := []fact{count("status", a.status)}
	if !a.ok() {
		code, _ := errorDetail(a.body)
		facts = append(facts, saidFact(code)...)
	}
	facts = append(facts, v.about()...)
	if !v.request.repeats.news(line("", facts)) {
		return
	}
	facts = append(facts, took("took", time.Since(v.began)))
	facts = append(facts, v.stages()...)
	l.info("http", eventAnswered, append(facts, v.requestID(a)...)...)
}

// unanswered tells of none.
func (v *visit) unanswered(err error) {
	l := v.login
	if l.Trace == nil {
		return
	}
	facts := append(errorFacts(err)[1:], v.about()...)
	if !v.request.repeats.news(line("", facts)) {
		return
	}
	v.mu.Lock()
	facts = append(facts, fact{"at", v.stage})
	v.mu.Unlock()
	l.warn("http", eventNoAnswer, append(append(facts, took("took", time.Since(v.began))), v.stages()...)...)
}

// stages are what the time went into, and how the server was reached.
func (v *visit) stages() []fact {
	v.mu.Lock()
	defer v.mu.Unlock()
	facts := v.lasted
	if v.reused {
		facts = append(facts, codeFact("connection", "reused"))
	}
	if v.tls != 0 {
		facts = append(facts, fact{"tls_version", strings.TrimPrefix(tls.VersionName(v.tls), "TLS ")})
	}
	return append(facts, fact{"proxy", v.login.proxyVariable(v.request.url)})
}

// requestID is the one text of a server in the log.
func (v *visit) requestID(a answer) []fact { return []fact{{"request_id", a.requestID()}} }

// proxyVariable names the variable that says by which proxy an address is
// reached; "" where it is reached directly.
func (l *Login) proxyVariable(target string) string {
	choice, err := l.Client.ProxyFor(target)
	if err != nil || choice.Exempt {
		return ""
	}
	return choice.Variable
}
