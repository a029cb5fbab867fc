package flows

import (
	"net"
	"strings"
	"time"

	"codex-login/assets"
	"codex-login/assets/display"
	"codex-login/flows/network"
)

// classifyNetwork chooses the words for a request that got no answer.
func classifyNetwork(say *assets.Catalogue, e *network.Error) (code, id string, values []any) {
	code, id = string(e.Problem), string(e.Problem)+"_"+string(e.Cause)
	if e.Cause == "" {
		id = string(e.Problem) + "_" + string(network.CauseOther)
	}
	if e.Cause == network.CauseReplaced && len(e.Roots.Instead) == 0 {
		id = "tls_" + string(network.CauseUnknown)
	}
	values = []any{
		"Host", e.Host, "Name", withoutPort(e.Host), "Cause", cause(e.Err), "Status", e.Status,
		"Schemes", strings.Join(e.Schemes, ", "), "Basic", len(e.Schemes) == 0 || hasScheme(e.Schemes, "Basic"),
		"Way", SayProxy(say, e.Proxy), "Proxy", e.Proxy.Address, "Variable", e.Proxy.Variable,
		"Port", portHint(say, e.Proxy), "Socks", e.Proxy.Socks,
		"Roots", SayRoots(say, e.Roots), "Instead", strings.Join(e.Roots.Instead, ", "),
	}
	var c network.Certificate
	if e.Fault < len(e.Presented) {
		c = e.Presented[e.Fault]
	}
	return code, id, append(values, "Subject", c.Subject, "Issuer", c.Issuer, "Names", strings.Join(c.Names, ", "), "From", day(c.NotBefore), "Until", day(c.NotAfter))
}

// withoutPort is how NO_PROXY names a host: it knows no ports.
func withoutPort(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		return name
	}
	return host
}

func hasScheme(schemes []string, name string) bool {
	for _, s := range schemes {
		if strings.EqualFold(s, name) {
			return true
		}
	}
	return false
}

// day is a date that no country reads the other way round.
func day(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02")
}

// portHint is a sentence about a port that nobody gave.
func portHint(say *assets.Catalogue, c network.ProxyChoice) string {
	if !c.PortAssumed {
		return ""
	}
	return say.Say("explain.port_assumed", "Variable", c.Variable, "Proxy", c.Address)
}

// SayProxy says in a few words how a host is reached and which variable
// decided.
func SayProxy(say *assets.Catalogue, c network.ProxyChoice) string {
	switch {
	case c.Exempt:
		return say.Say("explain.way_exempt", "Variable", c.Variable)
	case c.Address != "":
		return say.Say("explain.way_proxy", "Variable", c.Variable, "Proxy", c.Address)
	}
	return say.Say("explain.way_direct")
}

// SayRoots says in a few words what certificates are held against.
func SayRoots(say *assets.Catalogue, r network.Roots) string {
	values := []any{
		"Variable", r.Variable, "Path", display.Line(r.Path, 300), "Count", r.Certificates,
		"Expired", r.Expired, "Instead", strings.Join(r.Instead, ", "),
	}
	switch {
	case r.Variable == "":
		return say.Say("explain.roots_system")
	case r.System:
		return say.Say("explain.roots_added", values...)
	}
	return say.Say("explain.roots_instead", values...)
}

func certificateTrouble(e *network.CertificateFileError) string {
	if e.System {
		return "certificate_system"
	}
	return "certificate_" + string(e.Problem)
}

func certificateValues(say *assets.Catalogue, e *network.CertificateFileError) []any {
	who := say.Say("explain.bundle_given", "Path", display.Line(e.Path, 300))
	if e.Variable != "" {
		who = say.Say("explain.bundle_named", "Variable", e.Variable, "Path", display.Line(e.Path, 300))
	}
	return []any{
		"Who", who, "Variable", first(e.Variable, network.BundleVariable), "Named", e.Variable != "",
		"Path", display.Line(e.Path, 300), "Block", e.Block, "Line", e.Line, "Label", e.Label, "Cause", cause(e.Err),
	}
}
