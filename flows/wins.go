package flows

import (
	"strings"

	"codex-login/assets/display"
	"codex-login/credstore"
	"codex-login/policy"
)

// Client is a way to run Codex.
type Client string

// The clients that choose their credential differently.
const (
	ClientTUI       Client = "codex"
	ClientExec      Client = "codex exec"
	ClientAppServer Client = "app-server" // the IDE extension and the desktop app
)

// CredentialSource is where a client gets its credential from.
type CredentialSource string

// The sources.
const (
	FromLogin       CredentialSource = "login"       // the stored login
	FromEnvironment CredentialSource = "environment" // the variable in Winner.Variable
	FromProvider    CredentialSource = "provider"    // the active provider: its env_key, in Winner.Variable, or a credential of its own
	FromNobody      CredentialSource = "none"        // none is needed: the active provider asks for no OpenAI login
	FromNowhere     CredentialSource = "missing"     // one is needed and there is none
)

// Winner says which credential a client of Codex uses here, safe to print.
type Winner struct {
	Client Client
	Source CredentialSource
	// Variable is the environment variable that it comes from, or, for
	// FromNowhere, the one that the provider asks for; "" otherwise.
	Variable string
	// KeyHint is the key in that variable as Codex shows keys; "" otherwise.
	KeyHint string
	// BeatsLogin: the variable is used although a login is stored that would
	// be used without it.
	BeatsLogin bool
	// Billed: it is an API key, so the usage is billed at API rates.
	Billed bool
	// Provider is the active model provider; Place is what says how it gets
	// its credential.
	Provider string
	Place    policy.Source
	// Unknown: nothing says what that provider is, and Codex does not start.
	Unknown bool
	// Refused is the rule that forbids what the variable holds: Codex uses
	// nothing then, deletes the stored login when it starts, and ends.
	Refused *policy.Violation
}

// The environment variables that Codex itself looks at.
const (
	envCodexKey    = "CODEX_API_KEY"
	envAccessToken = "CODEX_ACCESS_TOKEN"
)

// Wins says for each client of Codex which credential the real Codex uses in
// this environment, given who is signed in (a zero Account for nobody).
//
// Codex 0.169 takes the first that there is; what it sent to a server on
// loopback is compared in wins_codex_test.go:
//
//	                                         codex   codex exec   app-server
//	provider's env_key                         1         1            1
//	provider's bearer token or auth command    2         2            2
//	none, without requires_openai_auth         3         3            3
//	CODEX_API_KEY                              no        4            no
//	CODEX_ACCESS_TOKEN                         4         5            4
//	stored login                               5         6            5
//
// OPENAI_API_KEY is used only where env_key names it: otherwise it fills in the
// field of the TUI's sign-in. Variables of nothing but blanks count as not set;
// blanks around Codex's own two are cut off, those around an env_key are sent.
// A provider whose env_key is not set gets nothing, whatever else there is.
//
// A variable that the rules forbid is passed over. But codex and codex exec
// first look at CODEX_API_KEY, CODEX_ACCESS_TOKEN and the login, whichever the
// provider uses: when a forced_* rule forbids the first of them, they delete
// the stored login and end. Whether a token's workspace is allowed is not asked
// here: only its server knows the workspace.
//
// A TUI that shares the background server uses the environment in which that
// server was started, which may be another one than this.
func (l *Login) Wins(stored Account) []Winner {
	var all []Winner
	for _, c := range []Client{ClientTUI, ClientExec, ClientAppServer} {
		all = append(all, l.winner(c, stored.Method != ""))
	}
	return all
}

func (l *Login) winner(c Client, signedIn bool) Winner {
	p := l.Rules.Provider
	w := Winner{Client: c, Provider: display.Line(p.ID.Value, 80), Place: p.ID.Source}
	if p.Kind() == policy.ProviderUnknown {
		w.Source, w.Unknown = FromNowhere, true
		return w
	}
	if name, v := l.decidingVariable(); v != nil && c != ClientAppServer {
		w.Source, w.Variable, w.Refused = FromEnvironment, name, v
		return w
	}
	switch {
	case p.EnvKey != nil:
		w.Source, w.Variable, w.Place = FromNowhere, l.shownVariable(), p.EnvKey.Source
		if key := l.variable(p.EnvKey.Value); key != "" {
			w.Source, w.KeyHint, w.Billed = FromProvider, credstore.NewSecret(key).Hint(), true
			w.BeatsLogin = signedIn && p.NeedsLogin
		}
	case p.OwnToken != nil:
		w.Source, w.Place = FromProvider, p.OwnToken.Source
	case !p.NeedsLogin:
		w.Source = FromNobody
	case c == ClientExec && l.usable(envCodexKey, policy.API):
		w.Source, w.Variable, w.BeatsLogin = FromEnvironment, envCodexKey, signedIn
		w.KeyHint, w.Billed = credstore.NewSecret(l.variable(envCodexKey)).Hint(), true
	case l.usable(envAccessToken, policy.AccessToken):
		w.Source, w.Variable, w.BeatsLogin = FromEnvironment, envAccessToken, signedIn
	case signedIn:
		w.Source = FromLogin
	default:
		w.Source = FromNowhere
	}
	return w
}

// decidingVariable is the variable that Codex holds to the forced_* rules at its
// start in place of the stored login, and the rule that it breaks: then Codex
// deletes that login. "" where the login itself decides.
func (l *Login) decidingVariable() (string, *policy.Violation) {
	for _, v := range []struct {
		name  string
		class policy.Credential
	}{{envCodexKey, policy.API}, {envAccessToken, policy.AccessToken}} {
		refused := l.Rules.Allows(v.class)
		if l.variable(v.name) == "" || refused != nil && refused.Effect == policy.Hide {
			continue
		}
		return v.name, refused // the first that there is decides
	}
	return "", nil
}

func (l *Login) usable(name string, class policy.Credential) bool {
	return l.variable(name) != "" && l.Rules.Allows(class) == nil
}

// shownVariable is the name in the provider's env_key, unless that may be the
// key itself.
func (l *Login) shownVariable() string {
	if name := l.Rules.Provider.Shown; name != "" {
		return display.Line(name, 80)
	}
	if l.Say == nil {
		return "(not shown)"
	}
	return l.Say.Say("rules.hidden")
}

// variable is an environment variable as Codex sees it: without the blanks
// around it, "" where nothing is left.
func (l *Login) variable(name string) string {
	if l.Environment == nil {
		return ""
	}
	return strings.TrimSpace(l.Environment(name))
}
