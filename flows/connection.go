package flows

import (
	"context"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"net/netip"
	"net/url"
	"regexp"
	"runtime"
	"strings"
	"time"

	"codex-login/policy"
)

// Purpose says what an address is needed for.
type Purpose string

// The purposes.
const (
	ForSignIn  Purpose = "sign_in" // the issuer
	ForAPI     Purpose = "api"     // requests with an API key
	ForChatGPT Purpose = "chatgpt" // the ChatGPT back end
	ForSocket  Purpose = "socket"  // its secure websocket
)

// Endpoint is an address that Codex needs, as it is asked for here: without a
// query or a user. Any answer to it will do.
type Endpoint struct {
	Purpose Purpose
	URL     string
}

// Stage is how far a connection came.
type Stage string

// The stages, in their order.
const (
	StageSetup   Stage = "setup"   // the bundle or a proxy variable cannot be used
	StageName    Stage = "name"    // DNS
	StageConnect Stage = "connect" // TCP, to the server or to the proxy
	StageProxy   Stage = "proxy"   // the proxy's own answer
	StageTLS     Stage = "tls"
	StageRequest Stage = "request"
	StageDone    Stage = "done"
)

// Connection is what came of trying an endpoint, safe to print.
type Connection struct {
	Endpoint Endpoint
	Host     string // with the port
	Proxy    ProxyChoice
	Roots    Roots
	// Addresses is what DNS said; empty where the proxy asks it.
	Addresses []netip.Addr
	// Presented is the chain that the server (or who stands between) showed,
	// its own certificate first, whether or not it was trusted.
	Presented []Certificate
	// Private: it is trusted because of the bundle alone. Of one of OpenAI's
	// addresses that means that somebody reads along who may.
	Private bool
	// Status is that of the answer; Date is the server's clock, zero without.
	Status int
	Date   time.Time
	Stage  Stage
	Err    error // nil when Stage is StageDone
	Took   time.Duration
}

// Certificate is one of a chain, as far as a person needs it.
type Certificate struct {
	Subject, Issuer string
	// Names are the hosts and addresses that it is for, some of many. The
	// common name in Subject counts for none.
	Names               []string
	NotBefore, NotAfter time.Time
}

// Roots is what a server's certificate is held against.
type Roots struct {
	// Variable names the bundle in force; "" is the system's roots alone.
	Variable, Path string
	// Certificates is how many the bundle holds.
	Certificates int
	// Expired is how many of them are over.
	Expired int
	// System: the system's own roots count too.
	System bool
	// Instead lists the variables that put others in the place of the
	// system's: SSL_CERT_FILE, SSL_CERT_DIR.
	Instead []string
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

// Certificates that are over or not yet valid are told by their dates.
func certificates(chain []*x509.Certificate) []Certificate {
	out := make([]Certificate, len(chain))
	for i, c := range chain {
		names := hostsOf(c)
		out[i] = Certificate{
			Subject: nameOf(c.Subject, names), Issuer: nameOf(c.Issuer, nil), Names: names,
			NotBefore: c.NotBefore, NotAfter: c.NotAfter,
		}
	}
	return out
}

// mostNames are as many as fit into a sentence.
const mostNames = 4

// certificateHost is a name that can be that of a host: a certificate may hold
// any text in its place.
var certificateHost = regexp.MustCompile(`^(\*\.)?[A-Za-z0-9._-]+$`)

func hostsOf(c *x509.Certificate) []string {
	var names []string
	for _, name := range c.DNSNames {
		if certificateHost.MatchString(name) {
			names = append(names, nameInSentence(name))
		}
	}
	for _, ip := range c.IPAddresses {
		names = append(names, ip.String())
	}
	return names[:min(len(names), mostNames)]
}

// nameOf is how a person would call the holder of a certificate: its common
// name with the organisation, or the first host it is for.
func nameOf(n pkix.Name, hosts []string) string {
	name, organisation := n.CommonName, strings.Join(n.Organization, ", ")
	if name == "" && len(hosts) > 0 {
		name = hosts[0]
	}
	switch {
	case name == "":
		name = first(organisation, n.String())
	case organisation != "" && organisation != name:
		name += " (" + organisation + ")"
	}
	return nameInSentence(name)
}

// keyLike is what no name is.
var keyLike = regexp.MustCompile(`(sk-|at-|rt-|pat-|rt_)[A-Za-z0-9_-]{8,}|eyJ[A-Za-z0-9_.-]{8,}`)

// nameInSentence makes a name out of a certificate, in which anybody may write
// anything, fit for quotation marks in a sentence of ours.
func nameInSentence(name string) string {
	name = strings.ReplaceAll(printable(name, len(name)), `"`, "'")
	return printable(keyLike.ReplaceAllString(strings.Join(strings.Fields(name), " "), "[…]"), 60)
}

// Endpoints are the addresses that Codex needs, in the order of their use.
func (l *Login) Endpoints() []Endpoint {
	chatGPT, api := l.Rules.ChatGPTBaseURL.Value, l.Rules.OpenAIBaseURL.Value
	// As Codex: an address of one's own is asked by every kind of login.
	socket := chatGPT + "/codex/responses"
	if l.Rules.OpenAIBaseURL.Source.Layer != policy.LayerDefault {
		socket = api + "/responses"
	}
	return []Endpoint{
		{ForSignIn, bare(l.Issuer.base() + "/.well-known/openid-configuration")},
		{ForAPI, bare(api + "/models")},
		{ForChatGPT, bare(chatGPT + "/codex/responses")},
		{ForSocket, bare(strings.Replace(socket, "http", "ws", 1))},
	}
}

// bare takes user, password and query out of an address.
func bare(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	u.User, u.RawQuery, u.Fragment = nil, "", ""
	return u.String()
}

// ProxyFor says how this login reaches an address.
func (l *Login) ProxyFor(address string) (ProxyChoice, error) {
	t, ok := l.Client.Transport.(*transport)
	u, err := url.Parse(address)
	if !ok || err != nil {
		return ProxyChoice{}, nil
	}
	return ProxyFor(t.getenv, u)
}

// BundleLine is the line of a shell's profile that names a bundle for Codex.
func BundleLine(path string) string {
	if runtime.GOOS == "windows" {
		return `setx ` + bundleVariable + ` "` + path + `"`
	}
	return "export " + bundleVariable + "='" + strings.ReplaceAll(path, "'", `'\''`) + "'"
}

// Roots is what certificates are held against in this run. It returns a
// *CertificateFileError if the bundle cannot be used, and then Variable and
// Path all the same.
func (l *Login) Roots(ctx context.Context) (Roots, error) {
	t, ok := l.Client.Transport.(*transport)
	if !ok {
		return Roots{System: true}, nil
	}
	road, err := t.ready(ctx)
	if err != nil {
		return named(err), err
	}
	return road.trust.Roots, nil
}

// named is what is known of the roots that err says cannot be used.
func named(err error) Roots {
	var file *CertificateFileError
	if errors.As(err, &file) {
		return Roots{Variable: file.Variable, Path: file.Path}
	}
	return Roots{}
}

// Trial is a bundle that a person tries.
type Trial struct {
	login *Login
	path  string
	trust trust
}

// TryBundle reads the bundle at path, as if CODEX_CA_CERTIFICATE named it. It
// returns a *CertificateFileError without a variable if that cannot be used.
// Nothing is changed before Keep.
func (l *Login) TryBundle(ctx context.Context, path string) (*Trial, error) {
	t, ok := l.Client.Transport.(*transport)
	if !ok {
		return nil, errors.New("this login makes no connections of its own")
	}
	trust, err := readTrust(t.getenv, path).wait(ctx, t.limits.files)
	var file *CertificateFileError
	if errors.As(err, &file) {
		file.Variable = ""
	}
	if err != nil {
		return nil, err
	}
	return &Trial{l, path, trust}, nil
}

// Roots is what certificates are held against with the bundle.
func (t *Trial) Roots() Roots { return t.trust.Roots }

// Connect is Login.Connect with the bundle.
func (t *Trial) Connect(ctx context.Context, e Endpoint) Connection {
	return t.login.connect(ctx, e, &t.trust)
}

// Keep uses the bundle for the rest of this run.
func (t *Trial) Keep() {
	if own, ok := t.login.Client.Transport.(*transport); ok {
		own.use(t.path, t.trust)
	}
}
