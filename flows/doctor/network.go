package doctor

import (
	"context"
	"crypto/x509"
	"errors"
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
		for _, e := range p.endpoints() {
			if e.Purpose == purpose {
				return p.tryConnect(ctx, e)
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
	via := ""
	if c.Proxy.Address != "" {
		via = "_proxied"
	}
	switch c.Stage {
	case flows.StageDone:
		if c.Status >= 500 {
			return problem("server"+via, at)
		}
		return Finding{Cause: causeSound + via, Severity: Sound, values: at}
	case flows.StageSetup:
		return problem("setup", at)
	case flows.StageName:
		return problem("name", at)
	case flows.StageConnect:
		return problem("connect"+via, at)
	case flows.StageProxy:
		if c.Status == 407 {
			return problem("proxy_password", at)
		}
		return problem("proxy_refused", at)
	case flows.StageTLS:
		return p.untrusted(c, at)
	case flows.StageRequest:
	}
	return problem("request"+via, at)
}

// untrusted says what the server, or who stands between, has shown.
func (p *patient) untrusted(c flows.Connection, at with) Finding {
	if len(c.Presented) == 0 {
		return problem("tls", at)
	}
	own, last := c.Presented[0], c.Presented[len(c.Presented)-1]
	at["Subject"], at["Issuer"] = name(own.Subject), name(last.Issuer)
	at["From"], at["Until"] = moment(own.NotBefore), moment(own.NotAfter)
	var invalid x509.CertificateInvalidError
	var other x509.HostnameError
	switch {
	case errors.As(c.Err, &other):
		return problem("other_name", at)
	case errors.As(c.Err, &invalid) && invalid.Reason == x509.Expired:
		return problem("expired", at)
	}
	return problem("untrusted", at)
}

// bundle names what certificates are held against.
func (p *patient) bundle(r flows.Roots) shown {
	if r.Variable == "" {
		return word("system_roots")
	}
	return clean(variable(r.Variable).text + "=" + p.path(r.Path).text)
}

// checkCertificates looks at the bundle of root certificates in force.
func checkCertificates(_ context.Context, p *patient) []Finding {
	roots, err := p.roots()
	at := with{"Variable": variable(roots.Variable), "Path": p.path(roots.Path), "Count": count(roots.Certificates)}
	var bad *flows.CertificateFileError
	switch {
	case errors.As(err, &bad):
		at["Variable"], at["Path"], at["Cause"] = variable(bad.Variable), p.path(bad.Path), bundleCause(bad)
		return []Finding{problem("broken", at)}
	case err != nil:
		at["Cause"] = cause(err)
		return []Finding{problem("broken", at)}
	case roots.Variable == "":
		return []Finding{sound(at)}
	}
	return []Finding{{Cause: "bundle", Severity: Sound, values: at}}
}

func bundleCause(e *flows.CertificateFileError) shown {
	if e.Err == nil {
		return word("no_certificate")
	}
	return cause(e.Err)
}

// checkProxy looks which proxy each address is reached through.
func checkProxy(_ context.Context, p *patient) []Finding {
	var found []Finding
	through := map[string][]string{}
	seen := []string{}
	for _, e := range p.endpoints() {
		choice, err := p.proxyFor(e.URL)
		var bad *flows.ProxyVariableError
		switch {
		case errors.As(err, &bad):
			if !slices.Contains(seen, bad.Variable) {
				seen = append(seen, bad.Variable)
				found = append(found, problem("unreadable", with{"Variable": variable(bad.Variable)}))
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
		found = append(found, Finding{Cause: "used", Severity: Sound, values: with{
			"Variable": variable(name), "Proxy": host(address), "Hosts": clean(strings.Join(slices.Compact(hosts), ", ")),
		}})
	}
	return or(found, nil)
}

// checkPorts looks whether a browser can bring a sign-in back.
func checkPorts(ctx context.Context, p *patient) []Finding {
	held := p.login.HeldPorts(ctx)
	all := len(p.login.CallbackPorts())
	var found []Finding
	for _, h := range held {
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
