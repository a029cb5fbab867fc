package flows

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"codex-login/assets"
)

func TestHoldersAmong(t *testing.T) {
	start := time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)
	cli := func(words string, ancestors ...string) codexProgram {
		return codexProgram{name: "codex", args: append([]string{"codex"}, strings.Fields(words)...), started: start, ancestors: ancestors}
	}
	daemon := cli("app-server --listen unix:// --analytics-default-enabled --managed-daemon", "systemd")
	own, extension, app, helper := cli("hello"), cli("app-server --analytics-default-enabled", "node", "sshd"), cli(""), cli("app-server", "Codex Helper (Plugin)", "Codex")
	own.serves = true
	extension.exe = "/home/mina/.vscode-server/extensions/openai.chatgpt-26.1.0-linux-x64/bin/linux-x86_64/codex"
	app.name = "Codex"
	later := cli("")
	later.started = start.Add(time.Hour)
	windows := cli("app-server", "Code.exe")
	windows.name = "codex.exe"
	type found struct {
		kind    HolderKind
		program string
	}
	for name, c := range map[string]struct {
		all  []codexProgram
		want []found
	}{
		"terminal":                  {[]codexProgram{cli("", "bash")}, []found{{HolderTUI, "codex"}}},
		"terminal with a message":   {[]codexProgram{cli("-m gpt fix_it")}, []found{{HolderTUI, "codex"}}},
		"message like a command":    {[]codexProgram{cli("-- exec")}, []found{{HolderExec, "codex"}}},
		"resume":                    {[]codexProgram{cli("-c model=x resume --last")}, []found{{HolderTUI, "codex"}}},
		"exec":                      {[]codexProgram{cli("-C /tmp exec --json hello")}, []found{{HolderExec, "codex"}}},
		"review":                    {[]codexProgram{cli("review --uncommitted")}, []found{{HolderExec, "codex"}}},
		"started later":             {[]codexProgram{later}, nil},
		"started then":              {[]codexProgram{{name: "codex", args: []string{"codex"}, started: start.Add(time.Minute)}}, nil},
		"over at once":              {[]codexProgram{cli("login"), cli("logout"), cli("login status"), cli("--version"), cli("exec --help"), cli("mcp list"), cli("app-server generate-ts --out x")}, nil},
		"no login":                  {[]codexProgram{cli("app-server daemon pid-update-loop"), cli("app-server proxy"), cli("sandbox linux ls"), cli("exec-server")}, nil},
		"terminal of another":       {[]codexProgram{cli("--remote ws://127.0.0.1:9"), cli("--remote=unix:// resume")}, nil},
		"background server":         {[]codexProgram{daemon, cli("")}, []found{{HolderDaemon, "codex"}}},
		"terminal beside it":        {[]codexProgram{daemon, own}, []found{{HolderDaemon, "codex"}, {HolderTUI, "codex"}}},
		"server from an editor":     {[]codexProgram{{name: "codex", args: daemon.args, started: start, ancestors: []string{"codex", "bash", "code"}}}, []found{{HolderDaemon, "codex"}}},
		"terminal in an editor":     {[]codexProgram{cli("", "bash", "code")}, []found{{HolderTUI, "codex"}}},
		"app-server by hand":        {[]codexProgram{cli("app-server", "bash", "systemd")}, []found{{HolderAppServer, "codex"}}},
		"app-server of a program":   {[]codexProgram{cli("app-server --listen stdio://", "node", "zed", "systemd")}, []found{{HolderAppServer, "zed"}}},
		"VS Code":                   {[]codexProgram{cli("app-server --analytics-default-enabled", "code", "code", "bash")}, []found{{HolderIDE, "code"}}},
		"VS Code on Windows":        {[]codexProgram{windows}, []found{{HolderIDE, "Code"}}},
		"VS Code on a Mac":          {[]codexProgram{cli("app-server", "Code Helper (Plugin)", "Electron")}, []found{{HolderIDE, "Code Helper (Plugin)"}}},
		"Cursor":                    {[]codexProgram{cli("app-server", "cursor")}, []found{{HolderIDE, "cursor"}}},
		"JetBrains":                 {[]codexProgram{cli("app-server", "node", "idea64")}, []found{{HolderIDE, "idea64"}}},
		"VS Code from afar":         {[]codexProgram{extension}, []found{{HolderIDE, "code"}}},
		"desktop app":               {[]codexProgram{app, helper}, []found{{HolderDesktop, "Codex"}}},
		"desktop app without child": {[]codexProgram{app}, []found{{HolderDesktop, "Codex"}}},
		"MCP server":                {[]codexProgram{cli("mcp-server", "node", "claude")}, []found{{HolderMCP, "claude"}}},
		"cloud tasks":               {[]codexProgram{cli("cloud")}, []found{{HolderOther, "codex"}}},
	} {
		t.Run(name, func(t *testing.T) {
			var got []found
			for _, h := range holdersAmong(c.all, start.Add(time.Second)) {
				got = append(got, found{h.Kind, h.Program})
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

func TestIsCodex(t *testing.T) {
	for name, want := range map[string]bool{
		"codex": true, "codex.exe": true, "codex-x86_64-unknown-linux-musl": true, "codex-aarch64-apple-darwin": true, "Codex": true,
		"codex-login": false, "codex-code-mode-host": false, "codex-linux-sandbox": false, "node": false, "codexa": false, "": false,
	} {
		if isCodex(name) != want {
			t.Errorf("%q: %t", name, !want)
		}
	}
}

// Every kind and every gap has its words, and none says half a sentence.
func TestExplainHolder(t *testing.T) {
	say := assets.Speak("en")
	for _, kind := range []HolderKind{HolderTUI, HolderExec, HolderDaemon, HolderAppServer, HolderIDE, HolderDesktop, HolderMCP, HolderOther} {
		for _, program := range []string{"codex", "zed", "idea64", ""} {
			what, restart := ExplainHolder(say, Holder{Kind: kind, PID: 4711, Program: program, Since: time.Now(), Unsure: program == ""})
			if !strings.Contains(what, "4711") || strings.Contains(what+restart, "holders.") || restart == "" || strings.Contains(what+restart, "<no value>") {
				t.Errorf("%s of %q: %q, %q", kind, program, what, restart)
			}
			if kind == HolderIDE && strings.Contains(restart, "Reload Window") == (program == "idea64") {
				t.Errorf("%q is started again by %q", program, restart)
			}
			if (program == "") != strings.Contains(what, "perhaps") {
				t.Errorf("unsure: %q", what)
			}
		}
	}
	for _, id := range []string{unseenUsers, unseenEnvironment, unseenOutside, unseenServer, unseenUnfinished} {
		if text := ExplainUnseen(say, id); strings.HasPrefix(text, "holders.") {
			t.Errorf("%s has no words", id)
		}
	}
}

func TestHoldersObeyTheContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, unseen := runningCodex(ctx, t.TempDir()); !slices.Contains(unseen, unseenUnfinished) {
		t.Errorf("a list that was cut short is not said to be: %v", unseen)
	}
}

func BenchmarkHolders(b *testing.B) {
	home := b.TempDir()
	for b.Loop() {
		runningCodex(b.Context(), home)
	}
}

func TestHoldersNone(t *testing.T) {
	for _, c := range []struct {
		h    Holders
		none bool
	}{
		{Holders{}, true},
		{Holders{Unseen: []string{unseenOutside, unseenEnvironment}}, true},
		{Holders{Programs: []Holder{{Kind: HolderTUI}}}, false},
		{Holders{Unseen: []string{unseenOutside, unseenServer}}, false},
		{Holders{Unseen: []string{unseenUsers}}, false},
		{Holders{Unseen: []string{unseenUnfinished}}, false},
	} {
		if c.h.None() != c.none {
			t.Errorf("%+v: %v", c.h, c.h.None())
		}
	}
}
