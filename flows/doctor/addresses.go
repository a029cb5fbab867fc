package doctor

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"codex-login/credstore"
	"codex-login/flows"
	"codex-login/flows/network"
	"codex-login/policy"
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

// attempts are all the addresses that were tried, as far as they have ended.
func (p *patient) attempts(ctx context.Context) map[flows.Purpose]flows.Connection {
	out := map[flows.Purpose]flows.Connection{}
	for _, purpose := range purposes {
		if c, ok := p.connect(ctx, purpose); ok {
			out[purpose] = c
		}
	}
	return out
}

// connection is the check of one address. What several have failed for is said
// once, where it belongs, and by the others with a word.
func connection(purpose flows.Purpose) func(context.Context, *patient) []Finding {
	return func(ctx context.Context, p *patient) []Finding {
		c, ok := p.connect(ctx, purpose)
		if !ok && p.proxied(purpose) {
			return []Finding{see("proxy")}
		}
		if !ok {
			return nil
		}
		if c.Err == nil {
			return []Finding{p.connected(c)}
		}
		if row := elsewhere(c); row != "" {
			return []Finding{see(row)}
		}
		var unreadable *policy.ConfigError
		if c.Stage == network.StageSetup && errors.As(p.Trouble, &unreadable) {
			return []Finding{see("configuration")}
		}
		if first := p.firstOf(ctx, purpose, c); first != purpose {
			return []Finding{see(rowOf(first))}
		}
		f := p.connected(c)
		if f.Severity == Problem && !p.needs(ctx, purpose) {
			f.Severity = Note
		}
		return []Finding{f}
	}
}

// see says that another row has the cause.
func see(check string) Finding {
	return Finding{Cause: "see", Severity: Skipped, values: with{"Row": title(check)}}
}

// addressRows are the checks of the purposes.
var addressRows = []string{"issuer", "api", "chatgpt", "socket"}

func rowOf(purpose flows.Purpose) string { return addressRows[slices.Index(purposes, purpose)] }

// isAddress reports whether a check is one of an address that Codex needs.
func isAddress(id string) bool { return slices.Contains(addressRows, id) }

// elsewhere is the check that speaks of a failure for all addresses; "" is the
// address's own.
func elsewhere(c flows.Connection) string {
	var unreachable *network.Error
	var bundle *network.CertificateFileError
	var proxy *network.ProxyVariableError
	switch {
	case errors.As(c.Err, &bundle):
		return "certificates"
	case errors.As(c.Err, &proxy):
		return "proxy"
	case !errors.As(c.Err, &unreachable):
		return ""
	case unreachable.Problem == network.Proxy:
		return "proxy"
	case unreachable.Problem == network.Offline && unreachable.Cause == network.CauseName:
		return "names"
	}
	return ""
}

// firstOf is the address that speaks for all that have failed for the same
// cause, through the same proxy and at the same stage: the first that is needed.
func (p *patient) firstOf(ctx context.Context, purpose flows.Purpose, c flows.Connection) flows.Purpose {
	var same []flows.Purpose
	all := p.attempts(ctx)
	all[purpose] = c
	for _, other := range purposes {
		if o, ok := all[other]; ok && o.Err != nil && elsewhere(o) == "" && failure(o) == failure(c) {
			same = append(same, other)
		}
	}
	for _, one := range same {
		if p.needs(ctx, one) {
			return one
		}
	}
	return same[0]
}

// failure is the same for two addresses with one cause.
func failure(c flows.Connection) string {
	var unreachable *network.Error
	var server *flows.ServerError
	key := []string{string(c.Stage), c.Proxy.Address}
	switch {
	case errors.As(c.Err, &server):
		return strings.Join(append(key, c.Host, strconv.Itoa(server.Status)), " ")
	case !errors.As(c.Err, &unreachable) || c.Stage == network.StageSetup:
		return strings.Join(append(key, c.Endpoint.URL), " ")
	}
	key = append(key, string(unreachable.Problem), string(unreachable.Cause))
	switch unreachable.Cause {
	case network.CauseExpired, network.CauseNotYetValid, network.CauseWrongHost, network.CauseRejected:
		key = append(key, unreachable.Host)
	default:
	}
	return strings.Join(append(key, faulty(unreachable).Issuer), " ")
}

// faulty is the certificate that is to blame.
func faulty(e *network.Error) network.Certificate {
	if e.Fault < len(e.Presented) {
		return e.Presented[e.Fault]
	}
	return network.Certificate{}
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

// isOpenAIs reports whether a host is one of OpenAI's own.
func isOpenAIs(address string) bool {
	name := hostname(address).text
	return slices.ContainsFunc([]string{"openai.com", "chatgpt.com"}, func(own string) bool {
		return name == own || strings.HasSuffix(name, "."+own)
	})
}

// connected words what came of trying an address.
func (p *patient) connected(c flows.Connection) Finding {
	at := with{
		"Host": host(c.Host), "Name": hostname(c.Host), "Took": span(c.Took), "Status": count(c.Status), "Cause": cause(c.Err),
		"Proxy": host(c.Proxy.Address), "Variable": variable(c.Proxy.Variable), "Bundle": p.bundle(c.Roots),
	}
	if isOpenAIs(c.Host) {
		at["OpenAI"] = at["Host"]
	}
	if c.Roots.Variable == "CODEX_CA_CERTIFICATE" {
		at["File"] = p.path(c.Roots.Path)
	}
	either := func(direct, through string) string {
		if c.Proxy.Address != "" {
			return through
		}
		return direct
	}
	var unreachable *network.Error
	var server *flows.ServerError
	errors.As(c.Err, &unreachable)
	switch {
	case c.Err == nil && c.Private:
		at["Issuer"] = name(lastIssuer(c))
		if at["OpenAI"].text == "" { // a server of one's own has a certificate of one's own
			return Finding{Cause: "own", Severity: Sound, values: at}
		}
		return note("private", at)
	case c.Err == nil:
		return Finding{Cause: either(causeSound, "sound_proxied"), Severity: Sound, values: at}
	case errors.As(c.Err, &server):
		at["Status"] = count(server.Status)
		return problem(either("server", "server_proxied"), at)
	case c.Stage == network.StageSetup:
		return problem("no_address", at)
	case unreachable == nil:
		return problem(either("request", "request_proxied"), at)
	case unreachable.Problem == network.TLS:
		return untrusted(unreachable, at)
	case c.Stage == network.StageRequest:
		return problem(either("request", "request_proxied"), at)
	}
	return problem("connect", at)
}

// untrusted says what the server, or who stands between, has shown.
func untrusted(e *network.Error, at with) Finding {
	at["Host"] = host(e.Host) // the proxy's, where that is asked over TLS
	if len(e.Presented) == 0 {
		return problem("tls", at)
	}
	shown := faulty(e)
	at["Subject"], at["Issuer"] = name(shown.Subject), name(shown.Issuer)
	at["Names"] = name(strings.Join(shown.Names, ", "))
	if len(shown.Names) == 0 {
		at["Names"] = word("no_host")
	}
	at["From"], at["Until"] = moment(shown.NotBefore), moment(shown.NotAfter)
	why := map[network.Cause]string{
		network.CauseExpired: "expired", network.CauseNotYetValid: "expired", network.CauseWrongHost: "other_name", network.CauseReplaced: "replaced",
		network.CauseSelfSigned: "self_signed", network.CauseInspected: "inspected", network.CauseRejected: "rejected",
	}[e.Cause]
	if why == "" {
		why = "untrusted"
	}
	return problem(why, at)
}

// lastIssuer is who stands at the end of the chain that was shown.
func lastIssuer(c flows.Connection) string {
	if len(c.Presented) == 0 {
		return ""
	}
	return c.Presented[len(c.Presented)-1].Issuer
}

// bundle names what certificates are held against.
func (p *patient) bundle(r network.Roots) shown {
	if r.Variable == "" {
		return word("system_roots")
	}
	return clean(variable(r.Variable).text + "=" + p.path(r.Path).text)
}
