package tui

import (
	"codex-login/assets/display"
	"codex-login/flows/doctor"
)

// wardOf is a doctor whose checks stand as given.
func wardOf(e *env, rows ...looked) ward {
	return ward{env: e, try: e.work.attempt(), rows: rows}
}

func is(severity doctor.Severity, title, measured string) found {
	return found{title: title, measured: measured, severity: severity}
}

func lookedAt(area, check string, all ...found) looked {
	return looked{area: area, check: check, title: all[0].title, state: doctor.Done, found: all}
}

func doctorStates(e *env, x texts) []state {
	loose := found{
		title: "Permissions", measured: display.Clean(e.short(x.path)) + " has mode 0644: others may read it", expected: "mode 0600",
		do:       "chmod 0600 " + display.Clean(e.short(x.path)) + "; whoever may have read it has the login: then sign out and in again",
		severity: doctor.Problem, fix: "chmod 0600 " + display.Clean(e.short(x.path)),
	}
	beaten := is(doctor.Warning, "Which credential", "codex exec uses the key in CODEX_API_KEY, and not the stored login; it is billed at API rates")
	rows := []looked{
		lookedAt("home", "home", is(doctor.Sound, "CODEX_HOME", "~/.codex")),
		lookedAt("home", "permissions", loose),
		lookedAt("home", "locks", is(doctor.Sound, "Locks", "Nobody holds one")),
		lookedAt("login", "login", is(doctor.Sound, "Stored login", "ChatGPT, in ~/.codex/auth.json")),
		lookedAt("login", "credential", beaten),
		lookedAt("login", "running", is(doctor.Note, "Running Codex", display.Clean(x.program)+" (process 4711) runs since 2026-11-22 09:00 UTC")),
		lookedAt("rules", "configuration", is(doctor.Sound, "Configuration", "2 files, all readable")),
		lookedAt("rules", "rules", is(doctor.Problem, "Admin rules", "They leave no way to sign in: "+display.Clean(x.source))),
		lookedAt("network", "proxy", is(doctor.Sound, "Proxy", "None")),
		lookedAt("network", "issuer", is(doctor.Sound, "Sign-in server", "auth.openai.com:443 answers in 92 ms"), is(doctor.Skipped, "Sign-in server", "Not looked at")),
		lookedAt("surroundings", "terminal", is(doctor.Sound, "Terminal", "xterm-256color, 80x24")),
	}
	begun := append([]looked{}, rows...)
	for i := range begun[7:] {
		begun[7+i].state, begun[7+i].found = doctor.Running, nil
	}
	waiting := wardOf(e)
	sick := wardOf(e, rows...)
	sick.verdict, sick.bad = "2 to put right, 1 to look at.", true
	sick.fixes = []*doctor.Fix{{Kind: doctor.FixPermissions}}
	all := sick
	all.all, all.row = true, 4
	later := wardOf(e, append([]looked{lookedAt("home", "home", is(doctor.Note, "CODEX_HOME", "~/.codex is not there yet"))}, rows...)...)
	later.verdict, later.bad = sick.verdict, true
	later.row = later.worst()
	var fine []looked
	for _, r := range rows {
		fine = append(fine, lookedAt(r.area, r.check, is(doctor.Sound, r.title, "As it should be")))
	}
	sound := wardOf(e, fine...)
	sound.verdict = "Nothing is wrong."
	long := loose
	long.measured = display.Clean(x.detail + " " + x.path)
	ask := mending{env: e, texts: []string{loose.fix, "remove the lock file " + display.Clean(x.path) + ", which nobody holds"}}
	busy, cured := ask, ask
	busy.busy = true
	cured.done = []bool{true, false}
	return []state{
		{name: "doctor-preparing", screen: waiting},
		{name: "doctor-looking", screen: wardOf(e, begun...)},
		{name: "doctor-looking-all", screen: func() screen { s := wardOf(e, begun...); s.all = true; return s }()},
		{name: "doctor", screen: sick},
		{name: "doctor-note-first", screen: later},
		{name: "doctor-moved", screen: after(sick, "down", "down")},
		{name: "doctor-all", screen: all},
		{name: "doctor-sound", screen: sound},
		{name: "finding", screen: finding{e, loose}},
		{name: "finding-note", screen: finding{e, is(doctor.Note, "Browser", "There is no display here; a device code works without one")}},
		{name: "finding-long", screen: finding{e, long}},
		{name: "mending", screen: ask},
		{name: "mending-busy", screen: busy},
		{name: "mended", screen: cured},
	}
}
