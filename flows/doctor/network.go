package doctor

import (
	"context"
	"errors"
	"net/url"
	"os"
	"slices"
	"strings"

	"codex-login/credstore"
	"codex-login/flows"
)

// purposes are what an address is needed for, in the order in which a server's
// clock is asked for.
var purposes = []flows.Purpose{flows.ForSignIn, flows.ForAPI, flows.ForChatGPT, flows.ForSocket}

// connect tries one of the addresses that Codex needs, once for all checks.
func (p *patient) connect(ctx context.Context, purpose flows.Purpose) (flows.Connection, bool) {
	return p.connections[slices.Index(purposes, purpose)].get(ctx, func(ctx context.Context) flows.Connection {
		for _, e := range p.login.Endpoints() {
			if e.Purpose == purpose {
				return p.login.Connect(ctx, e)
			}
		}
		return flows.Connection{}
	})
}

// connection is the check of one address.
func connection(purpose flows.Purpose) func(context.Context, *patient) []Finding {
	return func(ctx context.Context, p *patient) []Finding {
		c, ok := p.connect(ctx, purpose)
		if !ok {
			return nil
		}
		f := p.connected(c)
		if f.Severity == Problem && !p.needs(ctx, purpose) {
			f.Severity = Note
		}
		return []Finding{f}
	}
}

// needs reports whether the login in force has a use for an address: a key none
// for the ChatGPT back end, a plan none for the API. Where nobody is signed in,
// all may be needed.
func (p *patient) needs(ctx context.Context, purpose flows.Purpose) bool {
	if !p.login.Rules.Provider.NeedsLogin {
		return false
	}
	stored, ok := p.load(ctx)
	if !ok || stored.err != nil || stored.auth.Empty() {
		return true
	}
	key := stored.auth.Kind() == credstore.AuthAPIKey
	if purpose == flows.ForAPI {
		return key
	}
	return !key
}

// connected words what came of trying an address.
func (p *patient) connected(c flows.Connection) Finding {
	at := with{
		"Host": host(c.Host), "Took": span(c.Took), "Status": count(c.Status), "Cause": cause(c.Err),
		"Proxy": host(c.Proxy.Address), "Variable": variable(c.Proxy.Variable), "Bundle": p.bundle(c.Roots),
	}
	proxied := c.Proxy.Address != ""
	either := func(direct, through string) string {
		if proxied {
			return through
		}
		return direct
	}
	var network *flows.NetworkError
	var server *flows.ServerError
	errors.As(c.Err, &network)
	switch {
	case c.Err == nil && c.Private:
		at["Issuer"] = name(lastIssuer(c))
		return note("private", at)
	case c.Err == nil:
		return Finding{Cause: either(causeSound, "sound_proxied"), Severity: Sound, values: at}
	case errors.As(c.Err, &server):
		at["Status"] = count(server.Status)
		return problem(either("server", "server_proxied"), at)
	case c.Stage == flows.StageSetup && isSetup(c.Err):
		return Finding{Cause: "setup", Severity: Skipped, values: at} // which has a check of its own
	case c.Stage == flows.StageSetup:
		return problem("no_address", at)
	case network == nil:
		return problem(either("request", "request_proxied"), at)
	case network.Problem == flows.Proxy && network.Cause == flows.CauseAuthentication:
		return problem("proxy_password", at)
	case network.Problem == flows.Proxy && network.Cause == flows.CauseStatus:
		at["Status"] = count(network.Status)
		return problem("proxy_refused", at)
	case network.Problem == flows.Proxy:
		return problem("connect_proxied", at)
	case network.Problem == flows.TLS:
		return p.untrusted(c, network, at)
	case network.Cause == flows.CauseName:
		return problem("name", at)
	case c.Stage == flows.StageRequest:
		return problem(either("request", "request_proxied"), at)
	}
	return problem("connect", at)
}

// isSetup: the bundle or a proxy variable is at fault.
func isSetup(err error) bool {
	var bundle *flows.CertificateFileError
	var proxy *flows.ProxyVariableError
	return errors.As(err, &bundle) || errors.As(err, &proxy)
}

// untrusted says what the server, or who stands between, has shown.
func (p *patient) untrusted(c flows.Connection, e *flows.NetworkError, at with) Finding {
	if len(c.Presented) == 0 {
		return problem("tls", at)
	}
	own := c.Presented[0]
	at["Subject"], at["Issuer"] = name(own.Subject), name(lastIssuer(c))
	at["From"], at["Until"] = moment(own.NotBefore), moment(own.NotAfter)
	switch e.Cause {
	case flows.CauseExpired, flows.CauseNotYetValid:
		return problem("expired", at)
	case flows.CauseWrongHost:
		return problem("other_name", at)
	case flows.CauseReplaced:
		return problem("replaced", at)
	default:
		return problem("untrusted", at)
	}
}

// lastIssuer is who stands at the end of the chain that was shown.
func lastIssuer(c flows.Connection) string {
	if len(c.Presented) == 0 {
		return ""
	}
	return c.Presented[len(c.Presented)-1].Issuer
}

// bundle names what certificates are held against.
func (p *patient) bundle(r flows.Roots) shown {
	if r.Variable == "" {
		return word("system_roots")
	}
	return clean(variable(r.Variable).text + "=" + p.path(r.Path).text)
}

// checkCertificates looks at the bundle of root certificates in force.
func checkCertificates(ctx context.Context, p *patient) []Finding {
	roots, err := p.login.Roots(ctx)
	at := with{"Variable": variable(roots.Variable), "Path": p.path(roots.Path), "Count": count(roots.Certificates), "Expired": count(roots.Expired)}
	var bad *flows.CertificateFileError
	switch {
	case errors.As(err, &bad):
		at["Variable"], at["Path"] = variable(bad.Variable), p.path(bad.Path)
		at["Cause"] = wordOf("doctor.word.bundle_", bad.Problem)
		at["Line"] = count(bad.Line)
		if bad.Line > 0 {
			return []Finding{problem("broken_line", at)}
		}
		return []Finding{problem("broken", at)}
	case err != nil:
		at["Cause"] = cause(err)
		return []Finding{problem("broken", at)}
	case roots.Variable == "":
		return []Finding{sound(at)}
	case roots.Expired > 0:
		return []Finding{note("expired", at)}
	}
	return []Finding{{Cause: "bundle", Severity: Sound, values: at}}
}

// checkProxy looks which proxy each address is reached through.
func checkProxy(_ context.Context, p *patient) []Finding {
	var found []Finding
	through := map[string][]string{}
	seen := []string{}
	for _, e := range p.login.Endpoints() {
		target, err := url.Parse(e.URL)
		if err != nil {
			continue // the request to it says so
		}
		choice, err := flows.ProxyFor(p.getenv, target)
		var bad *flows.ProxyVariableError
		switch {
		case errors.As(err, &bad):
			if !slices.Contains(seen, bad.Variable) {
				seen = append(seen, bad.Variable)
				found = append(found, problem("unreadable", with{"Variable": variable(bad.Variable), "Cause": wordOf("doctor.word.proxy_", bad.Problem)}))
			}
		case choice.Address != "":
			key := choice.Variable + "\x00" + choice.Address
			through[key] = append(through[key], host(e.URL).text)
		case choice.Exempt:
			found = append(found, Finding{Cause: "exempt", Severity: Sound, values: with{"Variable": variable(choice.Variable), "Hosts": host(e.URL)}})
		}
	}
	for key, hosts := range through {
		name, address, _ := strings.Cut(key, "\x00")
		slices.Sort(hosts)
		at := with{"Variable": variable(name), "Proxy": host(address), "Hosts": clean(strings.Join(slices.Compact(hosts), ", "))}
		if strings.HasPrefix(address, "socks") {
			found = append(found, warning("socks", at))
			continue
		}
		found = append(found, Finding{Cause: "used", Severity: Sound, values: at})
	}
	return or(found, nil)
}

// checkPorts looks whether a browser can bring a sign-in back.
func checkPorts(ctx context.Context, p *patient) []Finding {
	held := p.login.HeldPorts(ctx)
	all := len(p.login.CallbackPorts())
	var found []Finding
	for _, h := range held {
		if h.PID == os.Getpid() {
			continue // a sign-in of ours
		}
		at := with{"Port": count(h.Port), "PID": count(h.PID), "Program": name(h.Program)}
		why := "held"
		switch {
		case h.BySystem():
			why = "by_system"
		case h.Program == "":
			why = "held_unknown"
		}
		f := note(why, at) // the other one is free
		if len(held) == all {
			f.Severity = Problem
		}
		found = append(found, f)
	}
	return or(found, nil)
}
