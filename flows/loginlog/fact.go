package loginlog

import (
	"crypto/tls"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"codex-login/assets/display"
	"codex-login/credstore"
	"codex-login/flows/network"
	"codex-login/policy"
)

// Fact is one `key=value` of a line. One without a value is left out.
type Fact struct{ key, value string }

// constant is a string that stands in the source: other rooms cannot name the
// type, so nothing but a constant can be given for one.
type constant string

// other stands for what does not have the form of its kind.
const other = "other"

// Word is a word that stands in the source.
func Word(key, word constant) Fact { return Fact{string(key), string(word)} }

// OneOf is a word out of that list.
func OneOf(key constant, word string, list ...constant) Fact {
	return Fact{string(key), formed(word, slices.Contains(list, constant(word)))}
}

// System is the name of an operating system, as runtime.GOOS.
func System(os string) Fact {
	return OneOf("os", os, "linux", "darwin", "windows", "freebsd", "netbsd", "openbsd", "dragonfly", "solaris", "illumos", "android", "aix")
}

// Coded is a type whose values are code words of this program. A plain string
// is none: LogCode, which does nothing, says so of the type.
type Coded interface {
	~string
	LogCode()
}

// Code is a code word of this program.
func Code[T Coded](key constant, c T) Fact { return Fact{string(key), code(string(c))} }

// Kind is the store's word for how a login is kept or reached.
func Kind[T credstore.Mode | credstore.Kind | credstore.MachineKind](key constant, k T) Fact {
	return Fact{string(key), code(string(k))}
}

// codeForm is that of all code words. It keeps out what another type was turned
// into a code by mistake: a sentence, an address, a token.
var codeForm = regexp.MustCompile(`^[a-z0-9_.-]{1,40}$`)

func code(word string) string { return formed(word, codeForm.MatchString(word)) }

func formed(value string, ok bool) string {
	if ok || value == "" {
		return value
	}
	return other
}

// Count is a number.
func Count[T ~int | ~int64](key constant, n T) Fact {
	return Fact{string(key), strconv.FormatInt(int64(n), 10)}
}

// Took is how long something has taken, in milliseconds.
func Took(key constant, d time.Duration) Fact { return Fact{string(key), milliseconds(d)} }

// Stage is how long a stage has taken, under its own name.
func Stage[T Coded](stage T, d time.Duration) Fact { return Fact{code(string(stage)), milliseconds(d)} }

func milliseconds(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) + "ms" }

// Lasts is how long something is good for, in seconds.
func Lasts(key constant, d time.Duration) Fact {
	return Fact{string(key), d.Round(time.Second).String()}
}

// idForm is that of the ids of the account book.
var idForm = regexp.MustCompile(`^[a-z]+-[0-9a-f]{16}(\.[0-9a-f]{16})?$`)

// ID is an account's id in the book, which has neither an address nor a key.
func ID(key constant, id string) Fact { return Fact{string(key), formed(id, idForm.MatchString(id))} }

// Account is the id of the account that a login is for.
func Account(a *credstore.Auth) Fact { return ID("account", credstore.ID(a)) }

// Place is where a login is kept. Of a keyring and of another machine it names
// the kind: what else is known of those a person has typed.
func Place(p credstore.Place) []Fact {
	facts := []Fact{Kind("store", p.Kind)}
	if p.Kind == credstore.KindFile {
		facts = append(facts, Fact{"file", p.Where})
	}
	return facts
}

// Rule is the rule that a login breaks, and where it stands.
func Rule(v *policy.Violation) []Fact {
	return []Fact{{"rule", v.Rule}, {"source", v.Source.String()}}
}

// Program is the name of a program, as the system calls it.
func Program(name string) Fact { return Fact{"program", display.Line(name, 60)} }

// Host is the host of an address, with its port.
func Host(address string) Fact { return Fact{"host", network.HostOf(address)} }

// ownPaths are what this program adds to an address. What stands before that a
// person has configured, and a gateway's may have a key in it.
var ownPaths = []string{
	"/api/accounts/deviceauth/usercode", "/api/accounts/deviceauth/token", "/api/accounts/v1/user-auth-credential/whoami",
	"/v1/user-auth-credential/whoami", "/oauth/token", "/oauth/revoke", "/v1/models", "/models",
}

// Path is our own end of an address's path; left out where it has none.
func Path(address string) Fact {
	if u, err := url.Parse(address); err == nil {
		for _, own := range ownPaths {
			if strings.HasSuffix(u.Path, own) {
				return Fact{"path", own}
			}
		}
	}
	return Fact{"path", ""}
}

// Proxy is the variable that says by which proxy a host is reached; left out
// where it is reached directly.
func Proxy(c network.ProxyChoice) Fact {
	if c.Exempt {
		return Fact{"proxy", ""}
	}
	return Fact{"proxy", c.Variable}
}

// TLS is a version of TLS; left out for 0, which is none.
func TLS(version uint16) Fact {
	if version == 0 {
		return Fact{"tls_version", ""}
	}
	return Fact{"tls_version", strings.TrimPrefix(tls.VersionName(version), "TLS ")}
}

// saidCodes are the codes of servers that a log may repeat: those of RFC 6749
// and RFC 8628, and OpenAI's. Another one could be anything.
var saidCodes = []constant{
	"invalid_request", "invalid_client", "invalid_grant", "unauthorized_client",
	"unsupported_grant_type", "invalid_scope", "access_denied", "unsupported_response_type",
	"server_error", "temporarily_unavailable", "authorization_pending", "slow_down", "expired_token",
	"invalid_token", "invalid_api_key", "insufficient_quota", "rate_limit_exceeded",
	"deviceauth_authorization_pending", "deviceauth_expired", "deviceauth_denied", "deviceauth_authorization_unknown",
	"refresh_token_expired", "refresh_token_reused", "refresh_token_invalidated",
	"token_expired", "token_revoked", "token_invalidated", "app_session_terminated", "invalid_answer",
	"missing_codex_entitlement", "unsupported_country_region_territory",
}

// Said is the code that a server gave; left out for none.
func Said(code string) Fact { return OneOf("said", strings.ToLower(code), saidCodes...) }

// requestIDForm is how servers name requests: a word, no sentence.
var requestIDForm = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// RequestID is a server's name for a request, the one text of a server in the
// log. The caller sees to it that the server repeats nothing there of what it
// was sent.
func RequestID(id string) Fact {
	return Fact{"request_id", formed(id, requestIDForm.MatchString(id))}
}

// Text is the facts as a line has them. A value with a space or a sign of its
// own is quoted, one with what a terminal would obey escaped.
func Text(facts []Fact) string {
	var b strings.Builder
	for _, f := range facts {
		if f.value == "" {
			continue
		}
		value := f.value
		if strings.ContainsFunc(value, func(r rune) bool { return r <= ' ' || r == '"' || r == '=' || r == '\\' || r > '~' }) {
			value = strconv.QuoteToGraphic(value)
		}
		b.WriteString(" " + f.key + "=" + value)
	}
	return strings.TrimPrefix(b.String(), " ")
}

// line is what happened and the facts behind it.
func line(e Event, facts []Fact) string { return strings.TrimSuffix(e.text+" "+Text(facts), " ") }
