package flows

import (
	"net/netip"
	"time"
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

// Endpoint is an address that Codex needs, without a query or a user.
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
	// Status is that of the answer; Date is the server's clock, zero without.
	Status int
	Date   time.Time
	Stage  Stage
	Err    error // nil when Stage is StageDone
	Took   time.Duration
}

// Certificate is one of a chain, as far as a person needs it.
type Certificate struct {
	Subject, Issuer     string
	NotBefore, NotAfter time.Time
}

// Roots is what a server's certificate is held against.
type Roots struct {
	// Variable names the bundle in force; "" is the system's roots alone.
	Variable, Path string
	// Certificates is how many the bundle holds.
	Certificates int
	// System: the system's own roots count too.
	System bool
}

// ProxyChoice is how a host is reached.
type ProxyChoice struct {
	// Variable decided: that of a proxy, or of an exception; "" is none.
	Variable string
	// Address is the proxy's, without its user and password; "" is none.
	Address string
	// Exempt: Variable is NO_PROXY or no_proxy, and the host is in it.
	Exempt bool
}
