package flows

import (
	"io/fs"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"strings"

	"codex-login/assets/display"
)

// Surroundings is what Here looks at. The zero value of a field finds nothing.
type Surroundings struct {
	OS       string // as runtime.GOOS
	Hostname string
	Getenv   func(string) string
	Files    fs.FS // the root of the file system
	LookPath func(program string) (string, error)
}

// ThisMachine is the surroundings of this process, with that environment.
func ThisMachine(getenv func(string) string) Surroundings {
	name, _ := os.Hostname()
	s := Surroundings{OS: runtime.GOOS, Hostname: name, Getenv: getenv, LookPath: exec.LookPath}
	if s.OS != "windows" { // whose / is the root of some drive
		s.Files = os.DirFS("/")
	}
	return s
}

// Where says where the program runs. Everything in it was read on this
// machine; nobody was asked. The zero value is a machine of which nothing is
// known.
type Where struct {
	OS, Hostname string
	// User is who logged in: also under sudo. "" where no variable says so.
	User string
	// SSH is the session that the person came in by; nil without one.
	SSH *SSHSession
	// Mosh: the terminal is kept by mosh, whose connection forwards no port.
	Mosh bool
	// WSL is 1 or 2 in the Windows Subsystem for Linux; Interop says that
	// programs of Windows can be started.
	WSL     int
	Interop bool
	// Container is docker, podman, kubernetes, lxc or "container" for another
	// one; "" outside.
	Container string
	// DevContainer and Codespace: an editor looks into the container from
	// another machine. Codespace is its name.
	DevContainer bool
	Codespace    string
	CI           bool
	// Display says that a window has a place to appear, Browser that something
	// can be started that shows a page.
	Display, Browser bool
	// Tmux and Screen stand between this program and the terminal; Console is
	// the Linux console, which has no mouse, no clipboard and few characters.
	Tmux, Screen, Console bool

	namespace string // of the pod
}

// SSHSession is what SSH_CONNECTION says. Port is the server's.
type SSHSession struct {
	Client, Server netip.Addr
	Port           int
	// Terminal: there is one to type into (SSH_TTY).
	Terminal bool
}

// Remote says that the person's browser is on another machine, as far as can
// be told, so that a redirect to localhost does not arrive by itself.
func (w Where) Remote() bool {
	return w.SSH != nil || w.Mosh || w.DevContainer || w.Codespace != "" || w.Container != "" && !w.Display
}

// Here finds out where the program runs.
func Here(s Surroundings) Where {
	s = s.whole()
	w := Where{
		OS: s.OS, Hostname: s.Hostname, User: s.user(),
		SSH: s.ssh(), Mosh: s.mosh(), Container: s.container(),
		DevContainer: s.any("REMOTE_CONTAINERS", "DEVCONTAINER", "VSCODE_REMOTE_CONTAINERS_SESSION"),
		CI:           s.truth("CI"),
		Tmux:         s.any("TMUX"), Screen: s.any("STY"), Console: s.Getenv("TERM") == "linux",
	}
	if s.truth("CODESPACES") {
		w.Codespace = first(display.Line(s.Getenv("CODESPACE_NAME"), 100), "codespace")
	}
	if w.Container == "kubernetes" {
		w.namespace = strings.TrimSpace(s.read("var/run/secrets/kubernetes.io/serviceaccount/namespace"))
	}
	w.WSL, w.Interop = s.wsl(w.Container)
	switch s.OS {
	case "windows", "darwin":
		// The screen of a machine that somebody reached by ssh is not theirs.
		w.Display = w.SSH == nil
	default:
		w.Display = s.any("DISPLAY", "WAYLAND_DISPLAY") || w.Interop
	}
	w.Browser = s.browser(w)
	return w
}

// whole puts something that finds nothing where nothing was given.
func (s Surroundings) whole() Surroundings {
	if s.Getenv == nil {
		s.Getenv = func(string) string { return "" }
	}
	if s.LookPath == nil {
		s.LookPath = func(string) (string, error) { return "", exec.ErrNotFound }
	}
	return s
}

func (s Surroundings) any(names ...string) bool {
	for _, n := range names {
		if s.Getenv(n) != "" {
			return true
		}
	}
	return false
}

// truth reads a variable that is meant as yes or no.
func (s Surroundings) truth(name string) bool {
	switch strings.ToLower(s.Getenv(name)) {
	case "", "0", "false", "no":
		return false
	}
	return true
}

func (s Surroundings) user() string {
	return first(s.Getenv("SUDO_USER"), s.Getenv("LOGNAME"), s.Getenv("USER"), s.Getenv("USERNAME"))
}

// read returns "" for what is not there; what is read here is short.
func (s Surroundings) read(path string) string {
	if s.Files == nil {
		return ""
	}
	f, err := s.Files.Open(path)
	if err != nil {
		return ""
	}
	defer func() { _ = f.Close() }()
	text := make([]byte, 16<<10)
	n := 0
	for n < len(text) {
		m, err := f.Read(text[n:])
		if n += m; err != nil {
			break
		}
	}
	return string(text[:n])
}

func (s Surroundings) exists(path string) bool {
	if s.Files == nil {
		return false
	}
	_, err := fs.Stat(s.Files, path)
	return err == nil
}

// textBrowsers take the terminal, which is the wizard's.
var textBrowsers = []string{"w3m", "lynx", "links", "links2", "elinks", "www-browser"}

// browser reports whether Opener has something to start that shows a page.
func (s Surroundings) browser(w Where) bool {
	if value := strings.TrimSpace(s.Getenv("BROWSER")); value != "" {
		return !isTextBrowser(value)
	}
	switch {
	case !w.Display:
		return false
	case s.OS == "windows", s.OS == "darwin", w.Interop:
		return true
	}
	for _, name := range graphicalOpeners {
		if _, err := s.LookPath(name); err == nil {
			return true
		}
	}
	return false
}

// isTextBrowser looks at the first candidate only: BROWSER is in the order of
// the person's liking.
func isTextBrowser(value string) bool {
	words := splitWords(strings.Split(value, ":")[0])
	if len(words) == 0 {
		return false
	}
	name := words[0][strings.LastIndexAny(words[0], `/\`)+1:]
	for _, t := range textBrowsers {
		if name == t {
			return true
		}
	}
	return false
}
