package network

import (
	"cmp"
	"crypto/x509"
	"crypto/x509/pkix"
	"regexp"
	"strings"
	"time"

	"codex-login/assets/display"
)

// Certificate is one of a chain, as far as a person needs it.
type Certificate struct {
	Subject, Issuer string
	// Names are the hosts and addresses that it is for, some of many. The
	// common name in Subject counts for none.
	Names               []string
	NotBefore, NotAfter time.Time
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
		name = cmp.Or(organisation, n.String())
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
	name = strings.ReplaceAll(display.Line(name, len(name)), `"`, "'")
	return display.Line(keyLike.ReplaceAllString(strings.Join(strings.Fields(name), " "), "[…]"), 60)
}
