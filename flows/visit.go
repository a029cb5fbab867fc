package flows

import (
	"context"
	"crypto/tls"
	"net/http"
	"net/http/httptrace"
	"sync"
	"time"

	"codex-login/flows/loginlog"
	"codex-login/flows/network"
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

// stage is a part of the way to an answer.
type stage string

// visit is one request as the log tells of it. How long each stage took is
// measured by the process's clock, whatever the time of a test is.
type visit struct {
	login   *Login
	request request
	began   time.Time

	mu      sync.Mutex // a dial may go on when the request is over
	stage   stage      // what is under way, so that a wait can be told
	started map[stage]time.Time
	lasted  []loginlog.Fact
	reused  bool
	tls     uint16
}

// visit begins to tell of a request. What it returns carries the context of
// the request.
func (l *Login) visit(ctx context.Context, r request) (*visit, context.Context) {
	v := &visit{login: l, request: r, began: time.Now(), started: map[stage]time.Time{}}
	if l.Trace == nil {
		return v, ctx
	}
	if r.repeats.first() {
		l.info(loginlog.Asking, v.about()...)
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

func (v *visit) about() []loginlog.Fact {
	return []loginlog.Fact{loginlog.OneOf("method", v.request.method, http.MethodGet, http.MethodPost), loginlog.Host(v.request.url), loginlog.Path(v.request.url)}
}

func (v *visit) begin(s stage) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if _, running := v.started[s]; !running { // two families are dialled side by side
		v.started[s], v.stage = time.Now(), s
	}
}

func (v *visit) end(s stage) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if begun, ok := v.started[s]; ok && v.stage != "" {
		v.lasted = append(v.lasted, loginlog.Stage(s, time.Since(begun)))
		delete(v.started, s)
	}
}

// answered tells of an answer, whatever it says.
func (v *visit) answered(a answer) {
	l := v.login
	if l.Trace == nil {
		return
	}
	facts := []loginlog.Fact{loginlog.Count("status", a.status)}
	if !a.ok() {
		code, _ := errorDetail(a.body)
		facts = append(facts, loginlog.Said(code))
	}
	facts = append(facts, v.about()...)
	if !v.request.repeats.news(loginlog.Text(facts)) {
		return
	}
	facts = append(facts, loginlog.Took("took", time.Since(v.began)))
	facts = append(facts, v.stages()...)
	l.info(loginlog.Answered, append(facts, loginlog.RequestID(a.requestID()))...)
}

// unanswered tells of none.
func (v *visit) unanswered(err error) {
	l := v.login
	if l.Trace == nil {
		return
	}
	facts := append(errorFacts(err)[1:], v.about()...)
	if !v.request.repeats.news(loginlog.Text(facts)) {
		return
	}
	v.mu.Lock()
	facts = append(facts, loginlog.Code("at", v.stage))
	v.mu.Unlock()
	l.warn(loginlog.NoAnswer, append(append(facts, loginlog.Took("took", time.Since(v.began))), v.stages()...)...)
}

// stages are what the time went into, and how the server was reached.
func (v *visit) stages() []loginlog.Fact {
	v.mu.Lock()
	defer v.mu.Unlock()
	facts := v.lasted
	if v.reused {
		facts = append(facts, loginlog.Word("connection", "reused"))
	}
	choice, err := v.login.Client.ProxyFor(v.request.url)
	if err != nil {
		choice = network.ProxyChoice{}
	}
	return append(facts, loginlog.TLS(v.tls), loginlog.Proxy(choice))
}
