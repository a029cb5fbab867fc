package flows

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"codex-login/assets"
)

// TunnelKind is how a port of this place gets to the person's own machine. It
// is the end of a catalogue id, where.tunnel.<kind>.
type TunnelKind string

// The kinds of tunnels.
const (
	TunnelSSH          TunnelKind = "ssh"           // Command on the own machine, or Escape in this session
	TunnelMosh         TunnelKind = "mosh"          // Command beside the mosh session
	TunnelCodespace    TunnelKind = "codespace"     // Command on the own machine
	TunnelKubernetes   TunnelKind = "kubernetes"    // Command on the own machine
	TunnelDevContainer TunnelKind = "dev_container" // Setting in devcontainer.json; the editor forwards by itself, too
	TunnelContainer    TunnelKind = "container"     // Setting when the container is started
)

// Tunnel is how the browser of another machine reaches the listener here. The
// port has to be the same on both sides: the issuer knows no other.
type Tunnel struct {
	Kind TunnelKind
	Port int
	// Command is to be run on the person's own machine, as it stands.
	Command string
	// Escape and Line are typed into the session that is open, one after the
	// other: the former at the beginning of a line, the latter at the prompt
	// that it opens. OpenSSH 9.2 and newer has that prompt only with
	// EnableEscapeCommandline. Both are "" where it cannot be.
	Escape, Line string
	// Setting is what has to be set beforehand, where no command helps.
	Setting string
}

// Tunnel makes the commands for a listener on that port. It reports false
// where no tunnel is needed or none is known.
func (w Where) Tunnel(port int) (Tunnel, bool) {
	t := Tunnel{Port: port}
	both := fmt.Sprintf("%d:%d", port, port)
	switch {
	case w.Codespace != "":
		t.Kind, t.Command = TunnelCodespace, "gh codespace ports forward "+both+" -c "+quoted(w.Codespace)
	case w.DevContainer:
		t.Kind, t.Setting = TunnelDevContainer, fmt.Sprintf(`"forwardPorts": [%d]`, port)
	case w.SSH != nil || w.Mosh:
		return w.sshTunnel(port)
	case w.Container == "kubernetes" && quoted(w.Hostname) != "":
		t.Kind, t.Command = TunnelKubernetes, "kubectl "
		if ns := quoted(w.namespace); ns != "" {
			t.Command += "-n " + ns + " "
		}
		t.Command += "port-forward pod/" + quoted(w.Hostname) + " " + both
	case (w.Container == "docker" || w.Container == "podman") && !w.Display:
		// Publishing a port leads to the container's outer address, where
		// nobody listens: the listener is on loopback only.
		t.Kind, t.Setting = TunnelContainer, w.Container+" run --network host"
	default:
		return Tunnel{}, false
	}
	return t, true
}

// sshTunnel has the server's address as the session has it. The person may
// know this machine by another name, which no variable tells.
func (w Where) sshTunnel(port int) (Tunnel, bool) {
	forward := fmt.Sprintf("-L %d:localhost:%d", port, port)
	host, options := quoted(w.Hostname), ""
	if s := w.SSH; s != nil {
		// A link-local address has a zone, which has another name over there.
		if a := s.Server; a.IsValid() && !a.IsUnspecified() && a.Zone() == "" {
			host = a.String() // ssh takes no brackets around IPv6
		}
		if s.Port != 0 && s.Port != 22 {
			options = "-p " + strconv.Itoa(s.Port) + " "
		}
	}
	if host == "" {
		return Tunnel{}, false
	}
	t := Tunnel{Kind: TunnelSSH, Port: port, Command: "ssh " + options + forward + " " + account(w.User, host)}
	if w.Mosh {
		t.Kind = TunnelMosh
		return t, true
	}
	if w.SSH.Terminal {
		t.Escape, t.Line = "~C", forward
	}
	return t, true
}

var (
	plainWord  = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._-]*$`)
	domainUser = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._ @+-]*(\\[A-Za-z0-9_][A-Za-z0-9._ @+-]*)?$`)
)

// quoted passes names that mean nothing to a shell, and drops all others.
func quoted(name string) string {
	if plainWord.MatchString(name) {
		return name
	}
	return ""
}

// account is user@host. Double quotes mean the same to a POSIX shell, to cmd
// and to PowerShell around what passes here; another name is left out, and ssh
// takes the one that the person has over there.
func account(user, host string) string {
	switch {
	case plainWord.MatchString(user):
		return user + "@" + host
	case domainUser.MatchString(user) && !strings.HasSuffix(user, " "):
		return `"` + user + "@" + host + `"`
	}
	return host
}

// TunnelText is a tunnel in words. Each field is a line or more of its own; ""
// where it does not apply.
type TunnelText struct {
	Intro   string // stands before the command or the setting
	Command string // to be copied as it is: the command or the setting
	Name    string // that another name may be needed
	Escape  string // what to type in the session that is open
	Hint    string // what that needs
}

// ExplainTunnel says how to build t.
func ExplainTunnel(say *assets.Catalogue, t Tunnel) TunnelText {
	out := TunnelText{Intro: say.Say("where.tunnel."+string(t.Kind), "Port", t.Port), Command: first(t.Command, t.Setting)}
	if t.Kind == TunnelSSH || t.Kind == TunnelMosh {
		out.Name = say.Say("where.other_name")
	}
	if t.Escape != "" {
		out.Escape = say.Say("where.escape", "Escape", t.Escape, "Line", t.Line)
		out.Hint = say.Say("where.escape_hint")
	}
	return out
}
