package tui

import (
	"errors"
	"net/netip"
	"time"

	"codex-login/flows"
	"codex-login/flows/network"
)

// reached is an address that answered, as the connection screen shows it.
func reachedAs(e flows.Endpoint, host, issuer string) flows.Connection {
	return flows.Connection{Endpoint: e, Connection: network.Connection{
		Host: host, Roots: network.Roots{System: true}, Stage: network.StageDone, Status: 401, Took: 128 * time.Millisecond,
		Addresses: []netip.Addr{netip.MustParseAddr("203.0.113.5")},
		Presented: []network.Certificate{{Subject: host, Issuer: issuer, NotBefore: noon.AddDate(0, -1, 0), NotAfter: noon.AddDate(0, 2, 0)}},
	}}
}

// connectionStates are the screen of the way to OpenAI, and the errors that lead
// to it.
func connectionStates(e *env, x texts) []state {
	fresh, _ := newConnection(e)
	hosts := []string{"auth.openai.com:443", "api.openai.com:443", "chatgpt.com:443", "chatgpt.com:443"}
	bundle := network.Roots{Variable: "CODEX_CA_CERTIFICATE", Path: "/home/mina/root.pem", Certificates: 2, System: true}
	proxy := network.ProxyChoice{Variable: "HTTPS_PROXY", Address: "http://proxy.example.test:3128"}
	with := func(change func(i int, c *flows.Connection)) connection {
		s := fresh
		s.came = make([]*flows.Connection, len(s.to))
		for i, to := range s.to {
			c := reachedAs(to, hosts[i], "WE1 (Google Trust Services)")
			if change != nil {
				change(i, &c)
			}
			s.came[i] = &c
		}
		return s
	}
	inspected := &network.Error{
		Problem: network.TLS, Cause: network.CauseInspected, Stage: network.StageTLS, Host: "auth.openai.com", Proxy: proxy, Roots: network.Roots{System: true},
		Err: errors.New("x509: certificate signed by unknown authority"), Presented: []network.Certificate{{
			Subject: "auth.openai.com", Issuer: "Inspection CA (" + x.label + ")", NotBefore: noon.AddDate(-1, 0, 0), NotAfter: noon.AddDate(1, 0, 0),
		}},
	}
	asks := &network.Error{
		Problem: network.Proxy, Cause: network.CauseAuthentication, Stage: network.StageProxy, Host: "auth.openai.com", Proxy: proxy,
		Err: errors.New("the proxy answered 407"), Status: 407, Schemes: []string{"Negotiate", "NTLM"},
	}
	broken := with(func(_ int, c *flows.Connection) {
		c.Err, c.Stage, c.Proxy, c.Presented = inspected, network.StageTLS, proxy, inspected.Presented
	})
	trusted := with(func(_ int, c *flows.Connection) {
		c.Roots, c.Proxy, c.Private, c.Presented = bundle, proxy, true, inspected.Presented
	})
	half := with(nil)
	half.came[2], half.came[3] = nil, nil
	asking := after(broken, "e")
	typed := asking
	for _, k := range "~/root.pem" {
		typed = after(typed, string(k))
	}
	bad := typed.(connection)
	bad.failed = &network.CertificateFileError{Path: x.path, Problem: network.BundleBase64, Block: 2, Line: 31, Label: "CERTIFICATE"}
	reading, vain, works, trying := bad, broken, trusted, broken
	reading.failed, reading.reads = nil, true
	vain.vain, vain.chosen = true, "/home/mina/root.pem"
	works.kept = "/home/mina/root.pem"
	trying.came = make([]*flows.Connection, len(trying.to))
	trying.trial, trying.chosen = new(flows.Trial), "/home/mina/root.pem"
	socket := with(func(i int, c *flows.Connection) {
		if i == 3 {
			c.Err, c.Stage = &flows.ServerError{Host: "chatgpt.com", Status: 404}, network.StageRequest
		}
	})
	socket.row = 3
	proxied := continueBrowser(signIn{env: e, request: flows.Request{Method: flows.Browser}, try: e.work.attempt()})
	proxied.challenge = &flows.Challenge{Method: flows.Browser, URL: authorizeURL, Port: 1455}
	proxied.notes = []flows.Note{{Code: flows.NoteThroughProxy, Holder: proxy.Address, Where: proxy.Variable}}
	return []state{
		{name: "connection-trying", screen: fresh},
		{name: "connection-half", screen: half},
		{name: "connection", screen: with(nil)},
		{name: "connection-unneeded", screen: with(func(_ int, c *flows.Connection) { c.Roots = bundle })},
		{name: "connection-socket", screen: socket},
		{name: "connection-407", screen: with(func(_ int, c *flows.Connection) {
			c.Err, c.Stage, c.Presented, c.Proxy = asks, network.StageProxy, nil, proxy
		})},
		{name: "connection-inspected", screen: broken},
		{name: "connection-asking", screen: asking},
		{name: "connection-typed", screen: typed},
		{name: "connection-bad-file", screen: bad},
		{name: "connection-reading", screen: reading},
		{name: "connection-with-file", screen: trying},
		{name: "connection-vain", screen: vain},
		{name: "connection-works", screen: works},
		{name: "failure-inspected", screen: newFailure(e, inspected, flows.Browser)},
		{name: "failure-407", screen: newFailure(e, asks, flows.Device)},
		{name: "browser-proxied", screen: proxied},
	}
}
