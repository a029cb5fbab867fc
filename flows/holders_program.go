package flows

import (
	"slices"
	"strings"
	"time"

	"codex-login/assets/display"
)

// codexProgram is a running Codex of one CODEX_HOME, as the system shows it.
type codexProgram struct {
	pid     int
	name    string   // of the executable: codex, codex.exe, Codex
	exe     string   // its path, "" where it is kept secret
	args    []string // the first is the program itself
	started time.Time
	// ancestors are the names of the programs above it, the nearest first.
	ancestors []string
	socket    string
	// serves says that it is an app-server for itself. A TUI that shares the
	// background server leaves that, and the login, to the server.
	serves bool
	unsure bool
}

// isCodex tells the programs to be looked at: the native binary under its own
// name or under that of a download (codex-x86_64-unknown-linux-musl), and the
// desktop app. The node launcher is not one: its child is. Neither are the
// helpers beside the binary (codex-code-mode-host, codex-linux-sandbox).
func isCodex(name string) bool {
	name = strings.TrimSuffix(name, ".exe")
	return name == "codex" || name == desktopName ||
		strings.HasPrefix(name, "codex-x86_64") || strings.HasPrefix(name, "codex-aarch64")
}

// desktopName is the desktop app's own process.
const desktopName = "Codex"

// holdersAmong picks the programs that hold a login of before.
func holdersAmong(all []codexProgram, before time.Time) []Holder {
	var out []Holder
	served := slices.ContainsFunc(all, func(p codexProgram) bool { return p.kind() == HolderDaemon })
	app := slices.ContainsFunc(all, func(p codexProgram) bool { return p.name != desktopName && p.kind() == HolderDesktop })
	for _, p := range all {
		kind := p.kind()
		switch {
		case kind == "", !p.started.Before(before):
			continue
		case kind == HolderTUI && served && !p.serves:
			continue // it uses the server's login, and the server is in the list
		case p.name == desktopName && app:
			continue // the server that it started is in the list
		}
		out = append(out, Holder{
			Kind: kind, PID: p.pid, Program: display.Line(p.runner(), 60), Since: p.started,
			Socket: display.Line(p.socket, 300), Unsure: p.unsure,
		})
	}
	return out
}

// kind is "" for a program that holds no login, or only for a moment.
func (p codexProgram) kind() HolderKind {
	if strings.TrimSuffix(p.name, ".exe") == desktopName {
		return HolderDesktop
	}
	command, rest := subcommand(p.args)
	kind := commandKinds[command]
	switch {
	case slices.ContainsFunc(p.args, func(a string) bool { return slices.Contains(atOnce, a) }):
		return ""
	case kind == HolderTUI && slices.ContainsFunc(p.args, isRemote):
		return "" // another app-server's login is used
	case kind != HolderAppServer || command != "app-server":
		return kind
	case len(rest) > 0 && slices.Contains([]string{"daemon", "proxy", "generate-ts", "generate-json-schema", "help"}, rest[0]):
		return "" // tools; "daemon pid-update-loop" stays, but looks at no login
	case slices.Contains(p.args, "--managed-daemon"):
		return HolderDaemon
	case slices.ContainsFunc(p.ancestors, func(name string) bool { return strings.HasPrefix(name, desktopName) }):
		return HolderDesktop
	case p.editor() != "":
		return HolderIDE
	}
	return HolderAppServer
}

// runner is the name of what started it, past shells' and launchers' names, or
// its own.
func (p codexProgram) runner() string {
	switch p.kind() {
	case HolderIDE:
		return p.editor()
	case HolderDesktop:
		return desktopName
	case HolderAppServer, HolderMCP:
		for _, name := range p.ancestors {
			if !isCodex(name) && !slices.Contains(launchers, name) {
				return name
			}
		}
	case HolderTUI, HolderExec, HolderDaemon, HolderOther:
	}
	return "codex"
}

// editor is the name of the editor whose extension runs it; "" for none. The
// extension brings a binary of its own, which tells even where the editor runs
// on another machine.
func (p codexProgram) editor() string {
	for _, name := range p.ancestors {
		plain, _, _ := strings.Cut(strings.ToLower(strings.TrimSuffix(name, ".exe")), " ")
		if slices.Contains(editors, plain) || slices.Contains(jetBrains, strings.TrimSuffix(plain, "64")) {
			return strings.TrimSuffix(name, ".exe")
		}
	}
	if strings.Contains(strings.ReplaceAll(p.exe, `\`, "/"), "/extensions/openai.chatgpt-") {
		return "code"
	}
	return ""
}

var (
	// launchers stand between a program and the one that a person knows.
	launchers = []string{"node", "bun", "sh", "bash", "dash", "zsh", "fish", "npm", "npx", "systemd", "init", "launchd", "tini", "node.exe", "cmd.exe"}
	// editors are VS Code and its kin, by the first word of their names ("Code
	// Helper (Plugin)"), small.
	editors = []string{"code", "code-insiders", "code-oss", "codium", "vscodium", "cursor", "windsurf", "antigravity", "trae", "kiro", "positron"}
	// jetBrains are the JetBrains IDEs, without the 64 of Windows.
	jetBrains = []string{"idea", "pycharm", "webstorm", "goland", "clion", "rider", "phpstorm", "rubymine", "rustrover", "datagrip", "dataspell", "studio"}
	// atOnce makes any command say something and end.
	atOnce = []string{"--version", "-V", "--help", "-h", "--print-startup-config"}
)

// commandKinds are the commands of Codex 0.169 (codex --help) and those of
// other versions that hold a login as long as they run. The rest is over at
// once or uses none.
var commandKinds = map[string]HolderKind{
	"": HolderTUI, "resume": HolderTUI, "fork": HolderTUI, "agents": HolderTUI,
	"exec": HolderExec, "e": HolderExec, "review": HolderExec,
	"app-server": HolderAppServer, "remote-control": HolderAppServer, "mcp-server": HolderMCP, "cloud": HolderOther,

	"login": "", "logout": "", "mcp": "", "plugin": "", "completion": "", "update": "", "doctor": "", "sandbox": "",
	"debug": "", "apply": "", "a": "", "queue": "", "archive": "", "delete": "", "unarchive": "", "migrate-rollouts": "",
	"migrate-nfs-db": "", "exec-server": "", "features": "", "help": "",
}

// valueFlags take the word behind them, before or after a command.
var valueFlags = []string{
	"-c", "--config", "--enable", "--disable", "--remote", "--remote-auth-token-env", "-i", "--image", "-m", "--model",
	"--local-provider", "-p", "--profile", "-s", "--sandbox", "-C", "--cd", "--add-dir", "-a", "--ask-for-approval",
	"--listen", "--startup-client-info", "--cloud-skills-snapshot", "--code-mode-host",
}

// subcommand finds the command among the arguments; a word that is none is the
// first message of a TUI, whose command is "".
func subcommand(args []string) (command string, rest []string) {
	words := plainWords(args)
	if len(words) == 0 {
		return "", nil
	}
	if _, known := commandKinds[words[0]]; !known {
		return "", nil
	}
	return words[0], words[1:]
}

// plainWords are the arguments that are no flags.
func plainWords(args []string) []string {
	var words []string
	for i := 1; i < len(args); i++ {
		switch a := args[i]; {
		case a == "--":
			return append(words, args[i+1:]...)
		case slices.Contains(valueFlags, a):
			i++
		case !strings.HasPrefix(a, "-"):
			words = append(words, a)
		}
	}
	return words
}

func isRemote(arg string) bool { return arg == "--remote" || strings.HasPrefix(arg, "--remote=") }
