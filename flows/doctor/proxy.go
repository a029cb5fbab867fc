package doctor

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"codex-login/flows"
	"codex-login/flows/network"
)

// checkProxy looks which proxy each address is reached through, and what came
// of it.
func checkProxy(ctx context.Context, p *patient) []Finding {
	var found []Finding
	var order []string
	through := map[string][]string{} // hosts, by variable and proxy
	broken := p.brokenProxies(ctx)
	for _, e := range p.login.Endpoints() {
		choice, err := p.login.Client.ProxyFor(e.URL)
		var bad *network.ProxyVariableError
		switch {
		case errors.As(err, &bad):
			f := problem("unreadable", with{"Variable": variable(bad.Variable), "Cause": wordOf("doctor.word.proxy_", bad.Problem)})
			if !slices.ContainsFunc(found, func(o Finding) bool { return o.Cause == f.Cause && o.values["Variable"] == f.values["Variable"] }) {
				found = append(found, f)
			}
		case choice.Address != "":
			key := choice.Variable + "\x00" + choice.Address
			if through[key] == nil {
				order = append(order, key)
			}
			through[key] = append(through[key], host(e.URL).text)
		case choice.Exempt:
			found = append(found, Finding{Cause: "exempt", Severity: Sound, values: with{"Variable": variable(choice.Variable), "Hosts": host(e.URL)}})
		}
	}
	for _, key := range order {
		name, address, _ := strings.Cut(key, "\x00")
		at := with{"Variable": variable(name), "Proxy": host(address), "Hosts": list(through[key])}
		switch {
		case strings.HasPrefix(address, "socks"):
			found = append(found, warning("socks", at))
		case !slices.ContainsFunc(broken, func(f Finding) bool { return f.values["Proxy"] == at["Proxy"] }):
			found = append(found, Finding{Cause: "used", Severity: Sound, values: at})
		}
	}
	return or(append(found, broken...), nil)
}

// proxied reports whether an address is reached through a proxy.
func (p *patient) proxied(purpose flows.Purpose) bool {
	for _, e := range p.login.Endpoints() {
		if e.Purpose == purpose {
			choice, err := p.login.Client.ProxyFor(e.URL)
			return err == nil && choice.Address != ""
		}
	}
	return false
}

// brokenProxies words what proxies did in place of connecting, each once.
func (p *patient) brokenProxies(ctx context.Context) []Finding {
	if p.Offline {
		return nil
	}
	var found []Finding
	hosts, needed := map[string][]string{}, map[string]bool{}
	var keys []string
	tried := p.attempts(ctx)
	for _, e := range p.login.Endpoints() {
		c, ok := tried[e.Purpose]
		var unreachable *network.Error
		choice, _ := p.login.Client.ProxyFor(e.URL)
		switch {
		case !ok && choice.Address != "":
			unreachable = &network.Error{Problem: network.Proxy, Cause: network.CauseSilent, Proxy: choice}
		case !ok || !errors.As(c.Err, &unreachable) || unreachable.Problem != network.Proxy:
			continue
		}
		key := strings.Join([]string{unreachable.Proxy.Variable, unreachable.Proxy.Address, string(unreachable.Cause), strconv.Itoa(unreachable.Status)}, " ")
		if hosts[key] == nil {
			keys = append(keys, key)
			found = append(found, problem(proxyFault(unreachable), with{
				"Variable": variable(unreachable.Proxy.Variable), "Proxy": host(unreachable.Proxy.Address), "Status": count(unreachable.Status),
				"Cause": cause(unreachable), "Schemes": name(strings.Join(unreachable.Schemes, ", ")), "Socks": yes(unreachable.Proxy.Socks),
			}))
		}
		name := hostname(e.URL).text
		hosts[key] = append(hosts[key], name)
		needed[key] = needed[key] || p.needs(ctx, e.Purpose)
	}
	for i, key := range keys {
		found[i].values["Hosts"] = list(hosts[key])
		if !needed[key] {
			found[i].Severity = Note
		}
	}
	return found
}

// proxyFault is the word for what a proxy did.
func proxyFault(e *network.Error) string {
	basic := len(e.Schemes) == 0 || slices.ContainsFunc(e.Schemes, func(s string) bool { return strings.EqualFold(s, "Basic") })
	switch {
	case e.Cause == network.CauseAuthentication && basic:
		return "password"
	case e.Cause == network.CauseAuthentication:
		return "password_other"
	case e.Cause == network.CauseStatus && e.Status >= 500:
		return "upstream"
	case e.Cause == network.CauseStatus && (e.Status == 403 || e.Status == 401):
		return "forbidden"
	case e.Cause == network.CauseStatus, e.Cause == network.CauseGarbage:
		return "no_proxy"
	case e.Cause == network.CauseSilent:
		return "silent"
	case e.Cause == network.CauseDropped:
		return "dropped"
	}
	return "gone"
}

// checkNames looks whether the name server knows the addresses. Where a proxy
// asks it, that one says so.
func checkNames(ctx context.Context, p *patient) []Finding {
	var unknown, known []string
	needed := false
	for _, purpose := range purposes {
		c, ok := p.connect(ctx, purpose)
		switch {
		case !ok:
			continue // its own row says so
		case c.Err != nil && elsewhere(c) == "names":
			unknown = append(unknown, hostname(c.Host).text)
			needed = needed || p.needs(ctx, purpose)
		case len(c.Addresses) > 0:
			known = append(known, hostname(c.Host).text)
		}
	}
	at := with{"Hosts": list(unknown)}
	switch {
	case needed:
		return []Finding{problem("unknown", at)}
	case len(unknown) > 0:
		return []Finding{note("unknown", at)}
	case len(known) == 0:
		return []Finding{{Cause: "nothing", Severity: Skipped}}
	}
	return []Finding{sound(with{"Hosts": list(known)})}
}
