package tui

import (
	"log/slog"
	"time"

	"codex-login/flows"
	"codex-login/flows/loginlog"
)

// tracedEnv is an env whose login log is where Codex has it. Nothing is written.
func tracedEnv(e *env) *env {
	login, with := *e.login, *e
	login.Trace = loginlog.NewTrace("/home/mina/.codex/log")
	with.login = &login
	return &with
}

func traceLines(x texts) []loginlog.Line {
	at := noon
	tell := func(level slog.Level, target, text string) loginlog.Line {
		at = at.Add(734 * time.Millisecond)
		return loginlog.Line{At: at, Level: level, Target: target, Text: text}
	}
	return []loginlog.Line{
		tell(slog.LevelInfo, "login", "starting device code login flow host=auth.openai.com pid=4711 os=linux ssh=yes"),
		tell(slog.LevelInfo, "http", "asking method=POST host=auth.openai.com path=/api/accounts/deviceauth/usercode"),
		tell(slog.LevelInfo, "http", "answered status=200 method=POST host=auth.openai.com path=/api/accounts/deviceauth/usercode took=412ms dns=18ms connect=22ms tls=41ms wait=330ms tls_version=1.3 proxy=HTTPS_PROXY request_id=req_0123456789abcdef"),
		tell(slog.LevelInfo, "device", "device code received valid=15m0s interval=5s"),
		tell(slog.LevelInfo, "device", "device code state=pending"),
		tell(slog.LevelWarn, "http", "no answer error=offline why=timeout method=POST host=auth.openai.com path=/api/accounts/deviceauth/token at=connect took=10003ms"),
		tell(slog.LevelInfo, "device", "device code state=trouble"),
		tell(slog.LevelError, "login", "sign-in ended without a login code=server error=server_down status=503 file="+x.path),
	}
}

func traceStates(e *env, x texts) []state {
	e = tracedEnv(e)
	empty := trace{env: e, try: e.work.attempt()}
	full := empty
	full.lines = traceLines(x)
	many := empty
	for range 12 {
		many.lines = append(many.lines, traceLines(x)...)
	}
	memory := full
	login, with := *e.login, *e
	login.Trace = loginlog.NewTrace("")
	with.login = &login
	memory.env = &with
	late := browser{signIn: signIn{env: e, request: flows.Request{Method: flows.Browser}, try: e.work.attempt(), deadline: noon.Add(4*time.Minute + 59*time.Second)}, paste: newField(e, e.say("browser.paste_here"), false)}
	late.challenge = &flows.Challenge{Method: flows.Browser, URL: authorizeURL, Port: 1455}
	storing := late
	storing.notes = []flows.Note{{Code: flows.NoteExchanging}}
	storing.deadline = noon.Add(29 * time.Second)
	return []state{
		{name: "trace-nothing", screen: empty},
		{name: "trace", screen: full},
		{name: "trace-whole", screen: after(full, "w")},
		{name: "trace-many", screen: many},
		{name: "trace-back", screen: after(many, "up", "up", "up")},
		{name: "trace-memory", screen: memory},
		{name: "browser-limited", screen: late},
		{name: "browser-storing", screen: storing},
		{name: "failure-logged", screen: newFailure(e, &flows.ServerError{Host: "auth.openai.com", Endpoint: "/oauth/token", Status: 503, Detail: x.detail}, flows.Device)},
	}
}
