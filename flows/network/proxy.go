package network

import (
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// ProxyProblem is what is wrong with the value of a proxy variable.
type ProxyProblem string

// The proxy problems.
const (
	ProxySpaces   ProxyProblem = "spaces" // white space in it
	ProxyScheme   ProxyProblem = "scheme" // a kind of proxy that there is not
	ProxySocks    ProxyProblem = "socks"  // socks:// without a version
	ProxySocks4   ProxyProblem = "socks4" // its first versions, which are not spoken here
	ProxyHost     ProxyProblem = "host"   // no host
	ProxyPort     ProxyProblem = "port"   // a colon, and then no port
	ProxyColons   ProxyProblem = "colons" // several ports, or IPv6 without brackets
	ProxyUser     ProxyProblem = "user"   // a user or password with a / ? or # in it
	ProxyNotAnURL ProxyProblem = "not_a_url"
)

// ProxyVariableError says that an environment variable names a proxy in a way
// that cannot be understood. It does not hold the value: a password may be in
// it. Scheme is what stands before the ://, where that is the problem.
type ProxyVariableError struct {
	Variable string
	Problem  ProxyProblem
	Scheme   string
}

func (e *ProxyVariableError) Error() string {
	return e.Variable + " is not the address of a proxy (" + string(e.Problem) + ")"
}

// ProxyChoice is how a host is reached.
type ProxyChoice struct {
	// Variable decided: that of a proxy, or of an exception; "" is none.
	Variable string
	// Address is the proxy's, without its user and password; "" is none.
	Address string
	// Exempt: Variable is NO_PROXY or no_proxy, and the host is in it.
	Exempt bool
	// PortAssumed: the variable names no port, that of Address is the usual one.
	PortAssumed bool
	// Socks: it is a SOCKS5 proxy. Codex 0.169 speaks HTTP to it, except for
	// its websocket.
	Socks bool
}

func (c ProxyChoice) scheme() string {
	scheme, _, _ := strings.Cut(c.Address, "://")
	return scheme
}

func (c ProxyChoice) host() string {
	_, host, _ := strings.Cut(c.Address, "://")
	return host
}

// defaultProxyPorts are the kinds of proxies and where they listen unless a
// port is given.
var defaultProxyPorts = map[string]string{"http": "80", "https": "443", "socks5": "1080", "socks5h": "1080"}

// proxyFor is Client.ProxyFor. It returns the proxy's address with its user and
// password too; nil is no proxy.
func proxyFor(getenv func(string) string, target *url.URL) (*url.URL, ProxyChoice, error) {
	names := []string{"HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"}
	if target.Scheme == "http" || target.Scheme == "ws" {
		names = []string{"HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"}
	}
	variable, value := firstSet(getenv, names...)
	if value == "" || getenv("REQUEST_METHOD") != "" || isThisMachine(target.Hostname()) {
		return nil, ProxyChoice{}, nil
	}
	if name, list := firstSet(getenv, "NO_PROXY", "no_proxy"); isExempt(list, target.Hostname()) {
		return nil, ProxyChoice{Variable: name, Exempt: true}, nil
	}
	address, err := parseProxy(variable, value)
	if err != nil {
		return nil, ProxyChoice{Variable: variable}, err
	}
	choice := ProxyChoice{
		Variable: variable, Address: address.Scheme + "://" + address.Host,
		PortAssumed: !hasPort(value), Socks: strings.HasPrefix(address.Scheme, "socks"),
	}
	return address, choice, nil
}

func firstSet(getenv func(string) string, names ...string) (name, value string) {
	for _, name := range names {
		if value := getenv(name); value != "" {
			return name, value
		}
	}
	return "", ""
}

func isThisMachine(host string) bool {
	ip, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && ip.IsLoopback()
}

// isExempt reads NO_PROXY: addresses and networks for addresses; for names
// the domain itself and all below it, with or without a dot before it, and *.
// There are no ports in it.
func isExempt(list, host string) bool {
	ip, err := netip.ParseAddr(host)
	for entry := range strings.SplitSeq(list, ",") {
		entry = strings.TrimSpace(entry)
		if err == nil {
			network, noNetwork := netip.ParsePrefix(entry)
			single, noAddress := netip.ParseAddr(entry)
			if noNetwork == nil && network.Contains(ip) || noAddress == nil && single == ip {
				return true
			}
			continue
		}
		domain := strings.ToLower(strings.TrimPrefix(entry, "."))
		name := strings.ToLower(host)
		if entry == "*" || domain != "" && (name == domain || strings.HasSuffix(name, "."+domain)) {
			return true
		}
	}
	return false
}

// otherSchemes may be repeated; what else stands there could be a password.
var otherSchemes = []string{"ftp", "ftps", "tcp", "tls", "ssl", "ssh", "ws", "wss", "file", "quic", "h2", "http2", "https2", "socks5a", "pac"}

// parseProxy reads scheme://user:password@host:port, of which only the host is
// needed.
func parseProxy(variable, value string) (*url.URL, error) {
	wrong := func(p ProxyProblem) (*url.URL, error) {
		return nil, &ProxyVariableError{Variable: variable, Problem: p}
	}
	if strings.ContainsFunc(value, func(r rune) bool { return r <= ' ' || r == 0x7f || r == 0xa0 }) {
		return wrong(ProxySpaces)
	}
	scheme, rest, ok := strings.Cut(value, "://")
	if !ok {
		scheme, rest = "http", value
	}
	scheme = strings.ToLower(scheme)
	switch {
	case scheme == "socks":
		return wrong(ProxySocks)
	case scheme == "socks4", scheme == "socks4a":
		return wrong(ProxySocks4)
	case slices.Contains(otherSchemes, scheme):
		return nil, &ProxyVariableError{Variable: variable, Problem: ProxyScheme, Scheme: scheme}
	case defaultProxyPorts[scheme] == "", strings.HasPrefix(rest, "//"):
		return wrong(ProxyNotAnURL)
	}
	authority := rest
	if end := strings.IndexAny(rest, "/?#"); end >= 0 {
		if strings.Contains(rest[end:], "@") {
			return wrong(ProxyUser)
		}
		authority = rest[:end]
	}
	u := &url.URL{Scheme: scheme}
	if at := strings.LastIndex(authority, "@"); at >= 0 {
		name, password, _ := strings.Cut(authority[:at], ":")
		u.User = url.UserPassword(unescaped(name), unescaped(password))
		authority = authority[at+1:]
	}
	host, port, problem := hostAndPort(authority)
	if problem != "" {
		return wrong(problem)
	}
	if port == "" {
		port = defaultProxyPorts[scheme]
	}
	u.Host = net.JoinHostPort(host, port)
	if _, err := url.Parse(u.Scheme + "://" + u.Host); err != nil {
		return wrong(ProxyNotAnURL)
	}
	return u, nil
}

// unescaped leaves what is no escape as it is, as Codex does.
func unescaped(text string) string {
	if plain, err := url.PathUnescape(text); err == nil {
		return plain
	}
	return text
}

// hostName is a name or an IPv4 address; others are written as xn--.
var hostName = regexp.MustCompile(`^[A-Za-z0-9._-]+$`)

// hostAndPort returns an empty port for none.
func hostAndPort(authority string) (host, port string, problem ProxyProblem) {
	host, rest := authority, ""
	if inside, bracketed := strings.CutPrefix(authority, "["); bracketed {
		host, rest, _ = strings.Cut(inside, "]")
		if ip, err := netip.ParseAddr(host); err != nil || !ip.Is6() || ip.Zone() != "" {
			return "", "", ProxyHost
		}
	} else {
		if i := strings.Index(authority, ":"); i >= 0 {
			host, rest = authority[:i], authority[i:]
		}
		if strings.Count(rest, ":") <= 1 && !hostName.MatchString(host) {
			return "", "", ProxyHost
		}
	}
	if rest == "" {
		return host, "", ""
	}
	port, _ = strings.CutPrefix(rest, ":")
	if strings.Contains(port, ":") {
		return "", "", ProxyColons
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 || !strings.HasPrefix(rest, ":") {
		return "", "", ProxyPort
	}
	return host, port, ""
}

// hasPort reports whether a value that could be read names a port.
func hasPort(value string) bool {
	_, rest, ok := strings.Cut(value, "://")
	if !ok {
		rest = value
	}
	if end := strings.IndexAny(rest, "/?#"); end >= 0 {
		rest = rest[:end]
	}
	_, port, _ := hostAndPort(rest[strings.LastIndex(rest, "@")+1:])
	return port != ""
}

// ProxyFor says how address is reached. It decides as Codex 0.169 does
// (hyper-util's matcher: upper case first, ALL_PROXY as the last resort, none
// of it in a CGI script), with three differences: this machine itself is never
// asked for through a proxy, an empty variable is none, and one that cannot be
// understood is a *ProxyVariableError, where Codex goes past the proxy.
func (c *Client) ProxyFor(address string) (ProxyChoice, error) {
	t := c.own()
	u, err := url.Parse(address)
	if t == nil || err != nil {
		return ProxyChoice{}, nil
	}
	_, choice, err := proxyFor(t.getenv, u)
	return choice, err
}
