package network

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http/httptrace"
	"net/netip"
	"net/url"
	"sync"
	"time"
)

// journey is one request on its way: how far it came, whom it met.
type journey struct {
	target *url.URL
	proxy  ProxyChoice
	trust  trust

	mu        sync.Mutex // connections are made in goroutines of their own
	stage     Stage
	addresses []netip.Addr
	presented []*x509.Certificate
	silence   *time.Timer // ends a proxy that says nothing
	shakes    int         // TLS handshakes
}

// watch returns ctx with what looks on. A proxy has limit to answer; net/http
// has no setting for that.
func (j *journey) watch(ctx context.Context, limit time.Duration, end context.CancelCauseFunc) context.Context {
	proxied := j.proxy.Address != ""
	throughTLS := j.target.Scheme == "https"
	toProxyByTLS := proxied && j.proxy.scheme() == "https"
	atProxy := func() {
		j.stage = StageProxy
		if j.silence == nil {
			j.silence = time.AfterFunc(limit, func() { end(ErrSilent) })
		}
	}
	locked := func(do func()) {
		j.mu.Lock()
		defer j.mu.Unlock()
		do()
	}
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		DNSStart: func(httptrace.DNSStartInfo) { locked(func() { j.stage = StageName }) },
		DNSDone: func(info httptrace.DNSDoneInfo) {
			locked(func() {
				for _, a := range info.Addrs {
					if ip, ok := netip.AddrFromSlice(a.IP); ok && !proxied {
						j.addresses = append(j.addresses, ip.Unmap())
					}
				}
			})
		},
		ConnectStart: func(string, string) { locked(func() { j.stage = StageConnect }) },
		ConnectDone: func(_, _ string, err error) {
			locked(func() {
				if err == nil && proxied && !toProxyByTLS && (throughTLS || j.proxy.Socks) {
					atProxy()
				}
			})
		},
		TLSHandshakeStart: func() {
			locked(func() {
				if j.shakes++; !toProxyByTLS || j.shakes > 1 {
					j.quiet()
					j.stage = StageTLS
				}
			})
		},
		TLSHandshakeDone: func(state tls.ConnectionState, err error) {
			locked(func() {
				if toProxyByTLS && j.shakes == 1 {
					if err == nil && throughTLS {
						atProxy()
					}
					return
				}
				j.presented = state.PeerCertificates
			})
		},
		GotConn: func(info httptrace.GotConnInfo) {
			locked(func() {
				j.quiet()
				j.stage = StageRequest
				if a, ok := info.Conn.RemoteAddr().(*net.TCPAddr); ok && !proxied && len(j.addresses) == 0 {
					if ip, ok := netip.AddrFromSlice(a.IP); ok {
						j.addresses = append(j.addresses, ip.Unmap())
					}
				}
			})
		},
	})
}

func (j *journey) quiet() {
	if j.silence != nil {
		j.silence.Stop()
	}
}

// rest: from here on the journey waits for nobody.
func (j *journey) rest() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.quiet()
}
