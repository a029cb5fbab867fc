package flows

import (
	"net/netip"
	"path"
	"strconv"
	"strings"
)

// ssh reads SSH_CONNECTION (ssh(1)): client's address and port, server's
// address and port. SSH_CLIENT is its older form, without the server's address.
func (s Surroundings) ssh() *SSHSession {
	out := &SSHSession{Terminal: s.any("SSH_TTY")}
	words := strings.Fields(s.Getenv("SSH_CONNECTION"))
	if len(words) == 4 {
		out.Client, out.Server, out.Port = address(words[0]), address(words[2]), portOfText(words[3])
		return out
	}
	if words = strings.Fields(s.Getenv("SSH_CLIENT")); len(words) == 3 {
		out.Client, out.Port = address(words[0]), portOfText(words[2])
		return out
	}
	if out.Terminal {
		return out
	}
	return nil
}

// address is the zero value for anything that is none: it goes into a command
// that a person will run.
func address(text string) netip.Addr {
	a, _ := netip.ParseAddr(text)
	return a.Unmap()
}

func portOfText(text string) int {
	n, err := strconv.ParseUint(text, 10, 16)
	if err != nil {
		return 0
	}
	return int(n)
}

// mosh looks for its server among the processes above this one: it sets no
// variable of its own. Where there is no /proc, it is not found.
func (s Surroundings) mosh() bool {
	const generations = 32
	process := "self"
	for range generations {
		// "pid (name) state ppid …"; the name may hold anything.
		text := s.read(path.Join("proc", process, "stat"))
		open, end := strings.IndexByte(text, '('), strings.LastIndexByte(text, ')')
		if open < 0 || end < open {
			return false
		}
		if text[open+1:end] == "mosh-server" {
			return true
		}
		rest := strings.Fields(text[end+1:])
		if len(rest) < 2 || rest[1] == "0" || strings.Trim(rest[1], "0123456789") != "" {
			return false
		}
		process = rest[1]
	}
	return false
}

// container names what this program is shut into. Every engine leaves another
// trace, and none of them is promised.
func (s Surroundings) container() string {
	groups := s.read("proc/1/cgroup")
	has := func(words ...string) bool {
		for _, w := range words {
			if strings.Contains(groups, w) {
				return true
			}
		}
		return false
	}
	named := s.Getenv("container") // systemd's interface for containers
	switch {
	case s.any("KUBERNETES_SERVICE_HOST"), has("/kubepods"):
		return "kubernetes"
	case s.exists("run/.containerenv"), named == "podman", has("/libpod-"):
		return "podman"
	case s.exists(".dockerenv"), named == "docker", has("/docker/", "/docker-"):
		return "docker"
	case named == "lxc", has("/lxc/", "/lxc.payload"):
		return "lxc"
	case named != "" && named != "flatpak", has("/containerd/", "/cri-containerd-"):
		return "container"
	}
	return ""
}

// wsl tells the two kinds apart by the kernel: that of WSL 1 is Windows itself
// and calls itself Microsoft with a capital letter. A container on Docker
// Desktop has the same kernel without being WSL.
func (s Surroundings) wsl(container string) (version int, interop bool) {
	kernel := s.read("proc/sys/kernel/osrelease")
	named := s.any("WSL_DISTRO_NAME", "WSL_INTEROP")
	switch {
	case s.OS != "linux", !named && (container != "" || !strings.Contains(strings.ToLower(kernel), "microsoft")):
		return 0, false
	case strings.Contains(kernel, "-Microsoft") && !strings.Contains(kernel, "WSL2"):
		version = 1
	default:
		version = 2
	}
	for _, name := range []string{"WSLInterop", "WSLInterop-late"} {
		if strings.HasPrefix(s.read("proc/sys/fs/binfmt_misc/"+name), "enabled") {
			return version, true
		}
	}
	return version, false
}
