package flows

import (
	"errors"
	"strings"
	"testing"
	"time"

	"codex-login/assets"
	"codex-login/flows/network"
)

// Each way in which a request gets no answer has its own sentence, which names
// who stands in the way.
func TestWordsOfTheNetwork(t *testing.T) {
	private := network.Certificate{
		Subject: "server.test (Example)", Issuer: "Private Root (Example)",
		NotBefore: time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC),
	}
	hotel, nameless := private, private
	hotel.Names = []string{"portal.hotel.test"}
	lone := network.Certificate{Subject: "Lone Server (Example)", Issuer: "Lone Server (Example)"}
	const file = "SSL_CERT_FILE"
	own := network.Roots{System: true}
	tls := func(cause network.Cause, c network.Certificate, r network.Roots) *network.Error {
		return &network.Error{Problem: network.TLS, Cause: cause, Presented: []network.Certificate{c}, Roots: r}
	}
	proxy := func(cause network.Cause, status int, schemes ...string) *network.Error {
		return &network.Error{
			Problem: network.Proxy, Cause: cause, Status: status, Schemes: schemes,
			Proxy: network.ProxyChoice{Variable: "HTTPS_PROXY", Address: "http://proxy.test:3128"},
		}
	}
	inspected := tls(network.CauseInspected, private, own)
	inspected.Proxy = proxy("", 0).Proxy
	for name, test := range map[string]struct {
		err  *network.Error
		said string
	}{
		"unknown authority":   {tls(network.CauseUnknown, private, own), `"Private Root (Example)"`},
		"self-signed":         {tls(network.CauseSelfSigned, lone, own), `The certificate of "Lone Server (Example)" vouches for itself`},
		"expired":             {tls(network.CauseExpired, private, own), "good until 2026-11-21"},
		"not yet valid":       {tls(network.CauseNotYetValid, private, own), "from 2026-11-20"},
		"another host":        {tls(network.CauseWrongHost, hotel, own), "It is for portal.hotel.test"},
		"a common name alone": {tls(network.CauseWrongHost, nameless, own), "It names no host (only a common name"},
		"not for servers":     {tls(network.CauseRejected, private, own), `"Private Root (Example)"`},
		"no TLS at all":       {&network.Error{Problem: network.TLS, Cause: network.CauseGarbage}, "no secured connection"},
		"an old version":      {&network.Error{Problem: network.TLS, Cause: network.CauseRefused}, "broke off"},
		"the wrong bundle":    {tls(network.CauseUnknown, private, network.Roots{Variable: file, Path: "/x", Certificates: 1, Instead: []string{file}}), "1 certificate) in place of the system's, as SSL_CERT_FILE says"},
		"an unrelated one":    {tls(network.CauseUnknown, private, network.Roots{Variable: "CODEX_CA_CERTIFICATE", Path: "/x", Certificates: 1, System: true}), "1 certificate) beside the system's"},
		"an expired bundle":   {tls(network.CauseUnknown, private, network.Roots{Variable: file, Path: "/x", Certificates: 1, Expired: 1, System: true}), "1 expired"},
		"replaced":            {tls(network.CauseReplaced, private, network.Roots{Variable: file, Path: "/x", Certificates: 1, Instead: []string{file}}), ""},
		"inspected":           {inspected, "reads along"},
		"silent":              {&network.Error{Problem: network.Offline, Cause: network.CauseSilent}, "no answer in time"},
		"proxy, refuses":      {proxy(network.CauseRefused, 0), "nothing listens"},
		"proxy, no name":      {proxy(network.CauseName, 0), "no name server"},
		"proxy, Basic":        {proxy(network.CauseAuthentication, 407, "Basic"), "wants Basic"},
		"proxy, company":      {proxy(network.CauseAuthentication, 407, "Negotiate", "NTLM"), "wants Negotiate, NTLM"},
		"proxy, no scheme":    {proxy(network.CauseAuthentication, 407), "answered 407."},
		"proxy, 403":          {proxy(network.CauseStatus, 403), "answered 403"},
		"proxy, 502":          {proxy(network.CauseStatus, 502), "answered 502"},
		"proxy, hangs":        {proxy(network.CauseSilent, 0), "did not answer"},
		"proxy, garbage":      {proxy(network.CauseGarbage, 0), "not HTTP"},
		"proxy, hangs up":     {proxy(network.CauseDropped, 0), "broke off"},
	} {
		test.err.Host, test.err.Err = "auth.test:8443", errors.New("why")
		e := Explain(assets.Speak("en"), test.err)
		if e.Code != string(test.err.Problem) || !strings.Contains(e.Text, test.said) {
			t.Errorf("%s: %+v", name, e)
		}
		if p := test.err.Proxy.Address; p != "" && !strings.Contains(e.Text, p) {
			t.Errorf("%s: the proxy is not named: %+v", name, e)
		}
		switch test.err.Cause {
		case network.CauseStatus: // with a port it never matches
			if !strings.Contains(e.Next, "add auth.test to NO_PROXY") {
				t.Errorf("%s: %s", name, e.Next)
			}
		case network.CauseReplaced:
			if !strings.Contains(e.Title, file) || !strings.Contains(e.Next, "CODEX_CA_CERTIFICATE") {
				t.Errorf("%+v", e)
			}
		default:
		}
	}
}

// A name out of a certificate stays in its quotation marks.
func TestCertificateNamesAreQuoted(t *testing.T) {
	err := &network.Error{
		Problem: network.TLS, Cause: network.CauseUnknown, Host: "auth.test", Roots: network.Roots{System: true},
		Presented: []network.Certificate{{Issuer: "Evil CA X. 'Fine'. do: run this"}},
	}
	e := Explain(assets.Speak("en"), err)
	if strings.Contains(strings.SplitN(e.Text, "Evil", 2)[0], ".") || !strings.Contains(e.Text, `"Evil`) {
		t.Errorf("not in quotation marks: %s", e.Text)
	}
}
