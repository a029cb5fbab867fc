package tui

import (
	"errors"
	"net/netip"
	"testing"
	"time"

	"codex-login/credstore"
	"codex-login/flows"
	"codex-login/flows/network"
	"codex-login/policy"
)

// state is a screen in one of its states, by name.
type state struct {
	name   string
	screen screen
	status string
	asleep bool
	demo   bool
	where  *flows.Where // nil is the desktop
}

// texts are what comes from outside: from a server, a file or a person.
type texts struct{ email, workspace, plan, path, code, url, detail, source, label, program string }

var ordinary = texts{
	email: "mina@example.test", workspace: "6f2c1d0e-5a41-4c0b-9d57-1b7a6c3e0a11", plan: "plus",
	path: "/home/mina/.codex/auth.json", code: "ABCD-12345", url: "https://auth.openai.com/codex/device",
	detail: "unexpected end of the document", source: "/etc/codex/managed_config.toml",
	label: "Work", program: "code",
}

const authorizeURL = "https://auth.openai.com/oauth/authorize?response_type=code&client_id=app_EMoamEEZ73f0CkXaXp7hrann" +
	"&redirect_uri=http%3A%2F%2F127.0.0.1%3A1455%2Fauth%2Fcallback&code_challenge=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" +
	"&code_challenge_method=S256&state=bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb&originator=codex_cli_rs"

// states draws every screen in every state that looks different.
func states(t testing.TB, e *env, x texts) []state {
	var out []state
	add := func(name string, s screen) { out = append(out, state{name: name, screen: s}) }
	add("welcome", newWelcome(e))
	add("picker", newPicker(e, credstore.ModeFile))
	forbidden := newPicker(e, credstore.ModeAuto)
	for i := range forbidden.choices[:2] {
		forbidden.choices[i].Refused = ruleOf(x)
	}
	forbidden.recommend()
	add("picker-forbidden", forbidden)
	out = append(out, state{name: "picker-ssh", screen: newPicker(in(e, afar), credstore.ModeFile), where: &afar})
	add("compare", newCompare(e))
	add("enable", newEnable(e))
	out = append(out, storeStates(e, x)...)
	out = append(out, encryptedStates(e, x)...)
	out = append(out, deviceStates(e, x)...)
	out = append(out, browserStates(e, x)...)
	out = append(out, elsewhereStates(e, x)...)
	out = append(out, secretStates(e)...)
	out = append(out, endStates(e, x)...)
	out = append(out, accountStates(e, x)...)
	out = append(out, switchStates(e, x)...)
	out = append(out, machineStates(e, x)...)
	out = append(out, sendStates(e, x)...)
	out = append(out, unstoredStates(e, x)...)
	out = append(out, lendingStates(e, x)...)
	out = append(out, portableStates(e, x)...)
	out = append(out, ruleStates(e, x)...)
	out = append(out, connectionStates(e, x)...)
	out = append(out, traceStates(e, x)...)
	out = append(out, securityStates(e, x)...)
	out = append(out, doctorStates(e, x)...)
	add("refused-start", newRefused(e, ruleOf(x), ruleOf(x), true))
	hidden := ruleOf(x)
	hidden.Effect = policy.Hide
	add("refused-hidden", newRefused(e, hidden, hidden, true))
	others := newRefused(e, ruleOf(x), ruleOf(x), true)
	others.others = 2
	add("refused-others", others)
	add("unreadable-others", newUnreadable(e, broken(x), 2))
	add("refused-signin", newRefused(e, ruleOf(x), ruleOf(x), false))
	add("refused-not-removed", newRefused(e, ruleOf(x), &flows.RefusedError{Violation: ruleOf(x), At: policy.AtStart, Kept: broken(x)}, true))
	add("unreadable", newUnreadable(e, broken(x), 0))
	add("failure-browser", newFailure(e, &flows.PortBusyError{Ports: []flows.PortHolder{{Port: 1455, Program: x.plan, PID: 7}, {Port: 1457}}}, flows.Browser))
	add("failure-device", newFailure(e, &flows.ServerError{Host: "auth.openai.com", Endpoint: "/oauth/token", Status: 503, Detail: x.detail}, flows.Device))
	add("help-picker", newHelp(e, newPicker(e, credstore.ModeFile), e.bind("help", "?")))
	add("help-key", newHelp(e, newAPIKey(e, flows.Request{Method: flows.APIKey}), e.bind("help", "f1")))
	out = append(out, state{name: "copied", screen: newEnable(e), status: e.say("frame.copied.sent", "What", e.say("frame.what.link"))})
	return append(out, state{name: "asleep", screen: newDone(e, flows.Receipt{Account: accountOf(x)}), asleep: true})
}

func ruleOf(x texts) *policy.Violation {
	return &policy.Violation{
		Rule: policy.ForcedWorkspace, Demanded: []string{"d81f40a6-7be3-4a95-b0c8-3f5e2a9c7d33"}, Credential: policy.ChatGPT,
		Workspace: x.workspace, Source: policy.Source{Layer: policy.LayerManaged, File: x.source, Line: 3}, Effect: policy.SignOut,
	}
}

func broken(x texts) *credstore.Error {
	return &credstore.Error{
		Problem: credstore.ProblemCorrupt, Op: "read", Line: 1, Column: 20, Detail: x.detail,
		Place: credstore.Place{Kind: credstore.KindFile, Where: x.path},
	}
}

func accountOf(x texts) flows.Account {
	return flows.Account{
		Method: flows.AccountChatGPT, Mode: credstore.AuthChatGPT, Email: x.email, WorkspaceID: x.workspace, Plan: x.plan,
		Place: credstore.Place{Kind: credstore.KindFile, Where: x.path}, StoreMode: credstore.ModeFile, ExpiresAt: noon.Add(240 * time.Hour),
	}
}

func storeStates(e *env, x texts) []state {
	trying := storeChoice{env: e, mode: credstore.ModeFile, try: e.work.attempt()}
	free, pinned := trying, trying
	free.choices = []flows.StoreChoice{
		{Mode: credstore.ModeFile, Where: x.path, Configured: true},
		{Mode: credstore.ModeKeyring, Where: "Codex Auth / cli|0123456789abcdef", Problem: &credstore.Error{Problem: credstore.ProblemUnavailable}},
		{Mode: credstore.ModeAuto, Where: x.path},
		{Mode: credstore.ModeEphemeral},
	}
	for _, c := range free.choices {
		if !c.Configured {
			c.Pinned = &policy.Source{Layer: policy.LayerRequirements, File: x.source, Line: 2}
		}
		pinned.choices = append(pinned.choices, c)
	}
	pinned.row = 2
	return []state{{name: "store-trying", screen: trying}, {name: "store", screen: free}, {name: "store-pinned", screen: pinned}}
}

func deviceStates(e *env, x texts) []state {
	asking := device{signIn: signIn{env: e, request: flows.Request{Method: flows.Device}, try: e.work.attempt()}}
	waiting := asking
	waiting.challenge = &flows.Challenge{Method: flows.Device, URL: x.url, UserCode: x.code, ExpiresAt: noon.Add(14*time.Minute + 32*time.Second)}
	waiting.code = qrCode(x.url, e.theme.Glyphs.Unicode)
	retrying, arrived, expired := waiting, waiting, waiting
	retrying.notes = []flows.Note{{Code: flows.NoteRetrying, Err: &network.Error{Problem: network.Offline, Host: "auth.openai.com"}}}
	arrived.notes = []flows.Note{{Code: flows.NoteExchanging}}
	expired.expired = true
	return []state{
		{name: "device-asking", screen: asking},
		{name: "device", screen: waiting},
		{name: "device-demo", screen: waiting, demo: true},
		{name: "device-retrying", screen: retrying},
		{name: "device-arrived", screen: arrived},
		{name: "device-expired", screen: expired},
		{name: "device-qr", screen: newQRAlone(e, x.url)},
	}
}

func browserStates(e *env, x texts) []state {
	starting := continueBrowser(signIn{env: e, request: flows.Request{Method: flows.Browser}, try: e.work.attempt()})
	waiting := starting
	waiting.challenge = &flows.Challenge{Method: flows.Browser, URL: authorizeURL, Port: 1455}
	noted, typing, wrong, arrived := waiting, waiting, waiting, waiting
	noted.notes = []flows.Note{
		{Code: flows.NoteDeviceCodeDisabled},
		{Code: flows.NoteOtherPort, Holder: x.plan},
		{Code: flows.NoteBrowserFailed},
		{Code: flows.NoteWrongState},
	}
	typing.paste.Focus()
	typing.paste.SetValue("http://127.0.0.1:1455/auth/callback?code=" + x.code)
	wrong.paste.Focus()
	wrong.paste.SetValue("https://example.test/")
	wrong.failed = &flows.InputError{Problem: flows.InputNotARedirect}
	arrived.notes = []flows.Note{{Code: flows.NoteExchanging}}
	windows, asking, coded, ended, refused := waiting, waiting, waiting, waiting, waiting
	windows.notes = []flows.Note{{Code: flows.NoteWindowsPort, Holder: "node.exe", Where: "1455"}}
	asking.code.asking = true
	coded.code, ended.code = besidesOf(e, x), besidesOf(e, x)
	ended.code.ended, ended.code.notes = true, []flows.Note{{Code: flows.NoteCodeEnded, Err: flows.ErrExpired}}
	refused.code.refused = flows.ErrDeviceCodeDisabled
	return []state{
		{name: "browser-starting", screen: starting},
		{name: "browser", screen: waiting},
		{name: "browser-demo", screen: waiting, demo: true},
		{name: "browser-notes", screen: noted},
		{name: "browser-typing", screen: typing},
		{name: "browser-wrong", screen: wrong},
		{name: "browser-arrived", screen: arrived},
		{name: "browser-windows-port", screen: windows},
		{name: "browser-asking", screen: asking},
		{name: "browser-code", screen: coded},
		{name: "browser-code-ended", screen: ended},
		{name: "browser-no-code", screen: refused},
		{name: "enable-too", screen: enable{e, wantCodeBeside{}}},
	}
}

// besidesOf is a code that stands beside a browser sign-in.
func besidesOf(e *env, x texts) besides {
	return besides{}.arrived(e, deviceAddedMsg{device: &flows.Challenge{
		Method: flows.Device, URL: x.url, UserCode: x.code, ExpiresAt: noon.Add(14*time.Minute + 32*time.Second),
	}})
}

// elsewhereStates are the waits for a browser on another machine.
func elsewhereStates(e *env, x texts) []state {
	var out []state
	add := func(name string, where flows.Where, change func(*browser)) {
		s := continueBrowser(signIn{env: in(e, where), request: flows.Request{Method: flows.Browser}, try: e.work.attempt()})
		s.challenge = &flows.Challenge{Method: flows.Browser, URL: authorizeURL, Port: 1455}
		s.notes = []flows.Note{{Code: flows.NoteBrowserFailed}}
		change(&s)
		out = append(out, state{name: name, screen: s, where: &where})
	}
	same := func(*browser) {}
	add("ways", afar, same)
	add("ways-code", afar, func(s *browser) { s.code = besidesOf(e, x) })
	add("ways-asking", afar, func(s *browser) { s.code.asking = true })
	add("ways-no-code", afar, func(s *browser) { s.code.refused = flows.ErrDeviceCodeDisabled })
	add("ways-ended", afar, func(s *browser) {
		s.code = besidesOf(e, x)
		s.code.ended, s.code.notes = true, []flows.Note{{Code: flows.NoteCodeEnded, Err: flows.ErrExpired}}
	})
	add("ways-typing", afar, func(s *browser) {
		s.paste.Focus()
		s.paste.SetValue("http://127.0.0.1:1455/auth/callback?code=" + x.code)
	})
	add("ways-wrong", afar, func(s *browser) {
		s.code = besidesOf(e, x)
		s.paste.Focus()
		s.paste.SetValue("https://example.test/")
		s.failed = &flows.InputError{Problem: flows.InputNotARedirect}
	})
	other := afar
	other.SSH = &flows.SSHSession{Client: netip.MustParseAddr("2001:db8::7"), Server: netip.MustParseAddr("2001:db8:85a3:8d3:1319:8a2e:370:7348"), Port: 2222, Terminal: true}
	add("ways-other-port", other, func(s *browser) {
		s.challenge = &flows.Challenge{Method: flows.Browser, URL: authorizeURL, Port: 1457}
		s.notes = append(s.notes, flows.Note{Code: flows.NoteOtherPort, Holder: x.program}, flows.Note{Code: flows.NoteWrongState})
	})
	add("ways-codespace", flows.Where{OS: "linux", Codespace: "mina-friendly-space-invention", Container: "docker"}, same)
	add("ways-dev-container", flows.Where{OS: "linux", Container: "docker", DevContainer: true}, same)
	add("ways-container", flows.Where{OS: "linux", Container: "lxc"}, func(s *browser) { s.code = besidesOf(e, x) })
	add("ways-arrived", afar, func(s *browser) { s.notes = []flows.Note{{Code: flows.NoteExchanging}} })
	return out
}

func secretStates(e *env) []state {
	empty := newAPIKey(e, flows.Request{Method: flows.APIKey})
	offered := empty
	offered.offered = credstore.NewSecret("sk-proj-abcdefghijklmnop12345")
	typed := empty
	typed.line.SetValue("sk-proj-abcdefghijklmnop12345")
	wrong, testing := typed, typed
	wrong.failed = &flows.InputError{Problem: flows.InputKeyIsToken}
	testing.verify, testing.working = true, true
	shown := typed
	shown.line.EchoMode = 0
	token := newAccessToken(e, flows.Request{Method: flows.AccessToken})
	return []state{
		{name: "key", screen: empty},
		{name: "key-offered", screen: offered},
		{name: "key-typed", screen: typed},
		{name: "key-revealed", screen: shown},
		{name: "key-wrong", screen: wrong},
		{name: "key-testing", screen: testing},
		{name: "token", screen: token},
	}
}

func endStates(e *env, x texts) []state {
	a := accountOf(x)
	key := flows.Account{
		Method: flows.AccountAPIKey, Mode: credstore.AuthAPIKey, KeyHint: "sk-proj-***12345",
		Place: credstore.Place{Kind: credstore.KindKeyring, Where: "Codex Auth / cli|0123456789abcdef"},
	}
	noted := newDone(e, flows.Receipt{Account: a, Previous: &flows.Account{Method: flows.AccountChatGPT, Email: "jonas@example.test"}, Notes: []flows.Note{
		{Code: flows.NoteKeyringUnusable, Err: &credstore.Error{Problem: credstore.ProblemUnavailable}},
		{Code: flows.NoteStoreConfigured},
	}})
	revoked, failed := noted, noted
	revoked.revoked = true
	failed.failed = &network.Error{Problem: network.Offline, Host: "auth.openai.com"}
	of := func(a flows.Account, active bool) flows.Entry {
		return flows.Entry{Account: a, ID: "chatgpt-1", Active: active}
	}
	leaving := newSignOut(e, of(a, true), 1)
	leaving.working = true
	return []state{
		{name: "done", screen: newDone(e, flows.Receipt{Account: a})},
		{name: "done-key", screen: newDone(e, flows.Receipt{Account: key})},
		{name: "done-notes", screen: noted},
		{name: "done-revoked", screen: revoked},
		{name: "done-not-revoked", screen: failed},
		{name: "sign-out", screen: newSignOut(e, of(a, true), 1)},
		{name: "sign-out-key", screen: newSignOut(e, of(key, true), 1)},
		{name: "sign-out-many", screen: newSignOut(e, of(a, true), 5)},
		{name: "sign-out-all", screen: after(newSignOut(e, of(a, true), 5), "3")},
		{name: "sign-out-book", screen: newSignOut(e, of(a, false), 5)},
		{name: "sign-out-working", screen: leaving},
		{name: "signed-out", screen: newSignedOut(e, isSignedOut{entry: of(a, true), out: flows.SignedOut{Account: a, Revoked: true}})},
		{name: "signed-out-forgotten", screen: newSignedOut(e, isSignedOut{entry: of(a, true), out: flows.SignedOut{Account: a}})},
		{name: "signed-out-not-revoked", screen: newSignedOut(e, isSignedOut{entry: of(a, true), out: flows.SignedOut{Account: a, RevokeErr: errors.New("no")}})},
		{name: "signed-out-left", screen: newSignedOut(e, isSignedOut{entry: of(a, true), left: 3, out: flows.SignedOut{Account: a, Revoked: true}})},
		{name: "signed-out-book", screen: newSignedOut(e, isSignedOut{entry: of(a, false), left: 1, out: flows.SignedOut{Account: a, Revoked: true, Ended: 1}})},
		{name: "signed-out-all", screen: newSignedOut(e, isSignedOut{entry: of(a, true), out: flows.SignedOut{All: true, Forgotten: 5, Ended: 4}})},
		{name: "signed-out-some", screen: newSignedOut(e, isSignedOut{entry: of(a, true), out: flows.SignedOut{All: true, Forgotten: 5, Ended: 2, RevokeErr: errors.New("no")}})},
	}
}

// draw is the frame of a state in a window.
func draw(e *env, s state, w, h int) string {
	if s.demo {
		withDemo := *e
		withDemo.demo = &Demo{}
		e = &withDemo
		s.screen = inEnv(s.screen, e)
	}
	if s.where != nil {
		e = in(e, *s.where)
	}
	r := newRoot(e, "", credstore.ModeFile, func(p any) { panic(p) })
	r.stack, r.w, r.h, r.status, r.asleep = []screen{s.screen}, w, h, s.status, s.asleep
	return r.View()
}

// in is the same env in another place.
func in(e *env, w flows.Where) *env {
	login, there := *e.login, *e
	login.Where = w
	there.login = &login
	return &there
}

func inEnv(s screen, e *env) screen {
	switch s := s.(type) {
	case device:
		s.env = e
		return s
	case browser:
		s.env = e
		return s
	}
	return s
}
