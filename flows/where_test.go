package flows

import (
	"errors"
	"io/fs"
	"net/netip"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"codex-login/assets"
	"codex-login/policy"
)

// place is a machine by its variables, its files and its programs.
type place struct {
	os       string
	env      map[string]string
	files    map[string]string
	programs []string
}

func (p place) surroundings() Surroundings {
	files := fstest.MapFS{}
	for name, text := range p.files {
		files[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return Surroundings{
		OS: first(p.os, "linux"), Hostname: "box", Files: files,
		Getenv: func(name string) string { return p.env[name] },
		LookPath: func(name string) (string, error) {
			if slices.Contains(p.programs, name) {
				return "/usr/bin/" + name, nil
			}
			return "", exec.ErrNotFound
		},
	}
}

type vars = map[string]string

const (
	wsl1Kernel = "4.4.0-19041-Microsoft\n"
	wsl2Kernel = "6.6.87.2-microsoft-standard-WSL2\n"
	interop    = "proc/sys/fs/binfmt_misc/WSLInterop"
)

var desktop = vars{"DISPLAY": ":0", "USER": "ann"}

func with(base vars, pairs ...string) vars {
	out := vars{}
	for k, v := range base {
		out[k] = v
	}
	for i := 0; i < len(pairs); i += 2 {
		out[pairs[i]] = pairs[i+1]
	}
	return out
}

func TestHere(t *testing.T) {
	ssh := vars{"SSH_CONNECTION": "203.0.113.7 50022 198.51.100.4 22", "SSH_TTY": "/dev/pts/1", "USER": "ann"}
	kernel := func(text string) map[string]string {
		return map[string]string{"proc/sys/kernel/osrelease": text, interop: "enabled\ninterpreter /init\n"}
	}
	moshed := map[string]string{
		"proc/self/stat": "77 (codex-login) S 76 77 76 34817", "proc/76/stat": "76 (a) (b) S 75 76", "proc/75/stat": "75 (mosh-server) S 1 75",
	}
	for name, test := range map[string]struct {
		place  place
		say    string // what Where is, in words
		method Method
		why    Reason
	}{
		"nothing known":        {place{}, "", Device, ReasonNoDisplay},
		"desktop":              {place{env: desktop, programs: []string{"xdg-open"}}, "user=ann display browser", Browser, ReasonBrowser},
		"Wayland":              {place{env: vars{"WAYLAND_DISPLAY": "wayland-0"}, programs: []string{"x-www-browser"}}, "display browser", Browser, ReasonBrowser},
		"desktop, no browser":  {place{env: desktop}, "user=ann display", Device, ReasonNoBrowser},
		"text browser only":    {place{env: with(desktop, "BROWSER", "/usr/bin/w3m"), programs: []string{"xdg-open"}}, "user=ann display", Device, ReasonNoBrowser},
		"BROWSER, no display":  {place{env: vars{"BROWSER": "code-browser %s"}}, "browser", Browser, ReasonBrowser},
		"BROWSER is blank":     {place{env: vars{"BROWSER": "  "}}, "", Device, ReasonNoDisplay},
		"Linux console":        {place{env: vars{"TERM": "linux"}, programs: []string{"xdg-open"}}, "console", Device, ReasonConsole},
		"tmux on a desktop":    {place{env: with(desktop, "TMUX", "/tmp/tmux-0/default,1,0"), programs: []string{"xdg-open"}}, "user=ann display browser tmux", Browser, ReasonBrowser},
		"screen on a server":   {place{env: vars{"STY": "12.pts-0.box"}}, "screen", Device, ReasonNoDisplay},
		"macOS":                {place{os: "darwin", env: vars{"USER": "ann"}}, "user=ann display browser", Browser, ReasonBrowser},
		"macOS over ssh":       {place{os: "darwin", env: ssh}, "user=ann ssh=203.0.113.7>198.51.100.4:22 terminal remote", Device, ReasonSSH},
		"Windows":              {place{os: "windows", env: vars{"USERNAME": "Ann"}}, "user=Ann display browser", Browser, ReasonBrowser},
		"ssh":                  {place{env: ssh, programs: []string{"xdg-open"}}, "user=ann ssh=203.0.113.7>198.51.100.4:22 terminal remote", Device, ReasonSSH},
		"ssh with X11":         {place{env: with(ssh, "DISPLAY", "localhost:10.0"), programs: []string{"xdg-open"}}, "user=ann display browser ssh=203.0.113.7>198.51.100.4:22 terminal remote", Device, ReasonSSH},
		"ssh without terminal": {place{env: vars{"SSH_CONNECTION": "2001:db8::7 5 2001:db8::4 2222"}}, "ssh=2001:db8::7>2001:db8::4:2222 remote", Device, ReasonSSH},
		"ssh, mapped address":  {place{env: vars{"SSH_CONNECTION": "::ffff:203.0.113.7 5 ::ffff:198.51.100.4 22"}}, "ssh=203.0.113.7>198.51.100.4:22 remote", Device, ReasonSSH},
		"ssh, old variable":    {place{env: vars{"SSH_CLIENT": "203.0.113.7 5 22"}}, "ssh=203.0.113.7>invalid IP:22 remote", Device, ReasonSSH},
		"ssh, only a terminal": {place{env: vars{"SSH_TTY": "/dev/pts/1"}}, "ssh=invalid IP>invalid IP:0 terminal remote", Device, ReasonSSH},
		"ssh, hostile values":  {place{env: vars{"SSH_CONNECTION": "$(id) x ;rm 99999"}}, "ssh=invalid IP>invalid IP:0 remote", Device, ReasonSSH},
		"ssh, cut short":       {place{env: vars{"SSH_CONNECTION": "203.0.113.7"}}, "", Device, ReasonNoDisplay},
		"ssh and sudo":         {place{env: with(ssh, "SUDO_USER", "ann", "USER", "root", "LOGNAME", "root")}, "user=ann ssh=203.0.113.7>198.51.100.4:22 terminal remote", Device, ReasonSSH},
		"ssh and tmux":         {place{env: with(ssh, "TMUX", "x")}, "user=ann ssh=203.0.113.7>198.51.100.4:22 terminal remote tmux", Device, ReasonSSH},
		"mosh":                 {place{env: ssh, files: moshed}, "user=ann ssh=203.0.113.7>198.51.100.4:22 terminal mosh remote", Device, ReasonMosh},
		"mosh's name in vain":  {place{files: map[string]string{"proc/self/stat": "77 (mosh-server", "proc/76/stat": "76 (mosh-server) S 1"}}, "", Device, ReasonNoDisplay},
		"processes in a ring":  {place{files: map[string]string{"proc/self/stat": "7 (a) S 7", "proc/7/stat": "7 (a) S 7"}}, "", Device, ReasonNoDisplay},
		"WSL 1":                {place{env: vars{"WSL_DISTRO_NAME": "Ubuntu"}, files: kernel(wsl1Kernel)}, "display browser wsl1 interop", Browser, ReasonWSL},
		"WSL 2":                {place{env: vars{"WSL_DISTRO_NAME": "Ubuntu"}, files: kernel(wsl2Kernel)}, "display browser wsl2 interop", Browser, ReasonWSL},
		"WSL 2 under sudo":     {place{files: kernel(wsl2Kernel)}, "display browser wsl2 interop", Browser, ReasonWSL},
		"WSL 2, own kernel":    {place{env: vars{"WSL_INTEROP": "/run/WSL/1_interop"}, files: kernel("6.1.0-mine\n")}, "display browser wsl2 interop", Browser, ReasonWSL},
		"WSL 2, no interop":    {place{env: vars{"WSL_DISTRO_NAME": "Ubuntu"}, files: map[string]string{"proc/sys/kernel/osrelease": wsl2Kernel, interop: "disabled\n"}}, "wsl2", Device, ReasonNoDisplay},
		"WSL 2 over ssh":       {place{env: with(ssh, "WSL_DISTRO_NAME", "Ubuntu"), files: kernel(wsl2Kernel)}, "user=ann display browser ssh=203.0.113.7>198.51.100.4:22 terminal wsl2 interop remote", Device, ReasonSSH},
		"docker":               {place{files: map[string]string{".dockerenv": ""}}, "container=docker remote", Device, ReasonContainer},
		"docker on WSL":        {place{files: map[string]string{".dockerenv": "", "proc/sys/kernel/osrelease": wsl2Kernel}}, "container=docker remote", Device, ReasonContainer},
		"docker by cgroup":     {place{files: map[string]string{"proc/1/cgroup": "0::/system.slice/docker-0123.scope\n"}}, "container=docker remote", Device, ReasonContainer},
		"podman":               {place{files: map[string]string{"run/.containerenv": `engine="podman-5"`}}, "container=podman remote", Device, ReasonContainer},
		"podman by cgroup":     {place{files: map[string]string{"proc/1/cgroup": "0::/machine.slice/libpod-01.scope\n"}}, "container=podman remote", Device, ReasonContainer},
		"toolbox":              {place{env: desktop, files: map[string]string{"run/.containerenv": ""}, programs: []string{"xdg-open"}}, "user=ann display browser container=podman", Browser, ReasonBrowser},
		"lxc":                  {place{env: vars{"container": "lxc"}}, "container=lxc remote", Device, ReasonContainer},
		"kubernetes":           {place{env: vars{"KUBERNETES_SERVICE_HOST": "10.0.0.1"}}, "container=kubernetes remote", Device, ReasonContainer},
		"another container":    {place{env: vars{"container": "systemd-nspawn"}}, "container=container remote", Device, ReasonContainer},
		"cgroup of a host":     {place{files: map[string]string{"proc/1/cgroup": "0::/init.scope\n"}}, "", Device, ReasonNoDisplay},
		"dev container":        {place{env: vars{"REMOTE_CONTAINERS": "true", "BROWSER": "/vscode/browser.sh"}, files: map[string]string{".dockerenv": ""}}, "browser container=docker dev remote", Device, ReasonDevContainer},
		"dev container by CLI": {place{env: vars{"DEVCONTAINER": "1"}}, "dev remote", Device, ReasonDevContainer},
		"codespace":            {place{env: vars{"CODESPACES": "true", "CODESPACE_NAME": "fuzzy-disco"}, files: map[string]string{".dockerenv": ""}}, "container=docker codespace=fuzzy-disco remote", Device, ReasonCodespace},
		"codespace, no name":   {place{env: vars{"CODESPACES": "true"}}, "codespace=codespace remote", Device, ReasonCodespace},
		"CI":                   {place{env: vars{"CI": "true"}, files: map[string]string{".dockerenv": ""}}, "container=docker ci remote", APIKey, ReasonCI},
		"CI says no":           {place{env: vars{"CI": "false"}}, "", Device, ReasonNoDisplay},
	} {
		t.Run(name, func(t *testing.T) {
			w := Here(test.place.surroundings())
			if got := inWords(w); got != test.say {
				t.Errorf("it is %q, want %q", got, test.say)
			}
			m, why := w.Recommended(nil)
			if m != test.method || why != test.why {
				t.Errorf("%s for %s, want %s for %s", m, why, test.method, test.why)
			}
			if text := w.ExplainReason(assets.Speak("en"), why); strings.HasPrefix(text, "where.") || strings.Contains(text, "<") || len(text) > 70 {
				t.Errorf("said %q", text)
			}
		})
	}
}

func inWords(w Where) string {
	var out []string
	add := func(is bool, word string) {
		if is {
			out = append(out, word)
		}
	}
	add(w.User != "", "user="+w.User)
	add(w.Display, "display")
	add(w.Browser, "browser")
	if s := w.SSH; s != nil {
		add(true, "ssh="+s.Client.String()+">"+s.Server.String()+":"+strconv.Itoa(s.Port))
		add(s.Terminal, "terminal")
	}
	add(w.Mosh, "mosh")
	add(w.WSL == 1, "wsl1")
	add(w.WSL == 2, "wsl2")
	add(w.Interop, "interop")
	add(w.Container != "", "container="+w.Container)
	add(w.DevContainer, "dev")
	add(w.Codespace != "", "codespace="+w.Codespace)
	add(w.CI, "ci")
	add(w.Remote(), "remote")
	add(w.Tmux, "tmux")
	add(w.Screen, "screen")
	add(w.Console, "console")
	return strings.Join(out, " ")
}

func TestRecommendedUnderRules(t *testing.T) {
	refused := &policy.Violation{}
	choices := func(allowed ...Method) (out []Choice) {
		for _, m := range Methods() {
			c := Choice{Method: m, Refused: refused}
			if slices.Contains(allowed, m) {
				c.Refused = nil
			}
			out = append(out, c)
		}
		return out
	}
	w := Where{SSH: &SSHSession{}}
	for _, test := range []struct {
		choices []Choice
		want    Method
		why     Reason
	}{
		{choices(Methods()...), Device, ReasonSSH},
		{choices(Browser, Device), Device, ReasonSSH},
		{choices(APIKey), APIKey, ReasonRules},
		{choices(Browser, AccessToken), Browser, ReasonRules},
		{choices(), "", ReasonRules},
	} {
		if m, why := w.Recommended(test.choices); m != test.want || why != test.why {
			t.Errorf("%s for %s, want %s for %s", m, why, test.want, test.why)
		}
	}
}

func TestThisMachineIsLookedAt(t *testing.T) {
	s := ThisMachine(func(string) string { return "" })
	if s.OS == "" || s.LookPath == nil {
		t.Fatalf("%+v", s)
	}
	if w := Here(s); w.OS != s.OS || w.SSH != nil {
		t.Errorf("%+v", w)
	}
	// A file system that answers nothing but errors.
	s.Files = brokenFiles{}
	if w := Here(s); w.Container != "" {
		t.Errorf("%+v", w)
	}
}

type brokenFiles struct{}

func (brokenFiles) Open(string) (fs.File, error) { return nil, errors.New("no") }

func session(server string, port int) *SSHSession {
	a, _ := netip.ParseAddr(server)
	return &SSHSession{Server: a, Port: port, Terminal: true}
}

func TestTunnel(t *testing.T) {
	const forward = "-L 1455:localhost:1455"
	for name, test := range map[string]struct {
		where   Where
		kind    TunnelKind
		command string // or the setting
		escape  bool
	}{
		"plain":          {Where{User: "ann", SSH: session("198.51.100.4", 22)}, TunnelSSH, "ssh " + forward + " ann@198.51.100.4", true},
		"another port":   {Where{User: "ann", SSH: session("198.51.100.4", 2222)}, TunnelSSH, "ssh -p 2222 " + forward + " ann@198.51.100.4", true},
		"IPv6":           {Where{User: "ann", SSH: session("2001:db8::4", 22)}, TunnelSSH, "ssh " + forward + " ann@2001:db8::4", true},
		"link-local":     {Where{User: "ann", Hostname: "box.example", SSH: session("fe80::1%eth0", 22)}, TunnelSSH, "ssh " + forward + " ann@box.example", true},
		"no address":     {Where{User: "ann", Hostname: "box", SSH: session("", 0)}, TunnelSSH, "ssh " + forward + " ann@box", true},
		"no name":        {Where{SSH: session("198.51.100.4", 22)}, TunnelSSH, "ssh " + forward + " 198.51.100.4", true},
		"a domain":       {Where{User: `CORP\ann`, SSH: session("198.51.100.4", 22)}, TunnelSSH, "ssh " + forward + ` "CORP\ann@198.51.100.4"`, true},
		"a hostile name": {Where{User: `a"; rm -rf ~ #`, SSH: session("198.51.100.4", 22)}, TunnelSSH, "ssh " + forward + " 198.51.100.4", true},
		"an option":      {Where{User: "-oProxyCommand=x", SSH: session("198.51.100.4", 22)}, TunnelSSH, "ssh " + forward + " 198.51.100.4", true},
		"no terminal":    {Where{User: "ann", SSH: &SSHSession{Server: netip.MustParseAddr("198.51.100.4")}}, TunnelSSH, "ssh " + forward + " ann@198.51.100.4", false},
		"mosh":           {Where{User: "ann", Mosh: true, SSH: session("198.51.100.4", 22)}, TunnelMosh, "ssh " + forward + " ann@198.51.100.4", false},
		"mosh alone":     {Where{User: "ann", Mosh: true, Hostname: "box"}, TunnelMosh, "ssh " + forward + " ann@box", false},
		"codespace":      {Where{Codespace: "fuzzy-disco", Container: "docker"}, TunnelCodespace, "gh codespace ports forward 1455:1455 -c fuzzy-disco", false},
		"dev container":  {Where{DevContainer: true, Container: "docker"}, TunnelDevContainer, `"forwardPorts": [1455]`, false},
		"kubernetes":     {Where{Container: "kubernetes", Hostname: "pod-1", namespace: "team"}, TunnelKubernetes, "kubectl -n team port-forward pod/pod-1 1455:1455", false},
		"docker":         {Where{Container: "docker"}, TunnelContainer, "docker run --network host", false},
		"podman":         {Where{Container: "podman"}, TunnelContainer, "podman run --network host", false},
		"toolbox":        {Where{Container: "podman", Display: true}, "", "", false},
		"desktop":        {Where{Display: true}, "", "", false},
		"nothing known":  {Where{Mosh: true, Hostname: "$(x)"}, "", "", false},
	} {
		got, ok := test.where.Tunnel(1455)
		if ok != (test.kind != "") || got.Kind != test.kind || got.Command+got.Setting != test.command {
			t.Errorf("%s: %v, %+v", name, ok, got)
		}
		if (got.Escape == "~C" && got.Line == forward) != test.escape {
			t.Errorf("%s: in the session %q, %q", name, got.Escape, got.Line)
		}
		if text := ExplainTunnel(assets.Speak("en"), got); ok && (strings.HasPrefix(text.Intro, "where.") || (text.Escape != "") != test.escape) {
			t.Errorf("%s: %+v", name, text)
		}
	}
	if got, _ := (Where{SSH: session("198.51.100.4", 22)}).Tunnel(1457); got.Command != "ssh -L 1457:localhost:1457 198.51.100.4" {
		t.Errorf("the second port: %q", got.Command)
	}
}
