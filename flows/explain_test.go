package flows

import (
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"codex-login/assets"
	"codex-login/assets/display"
	"codex-login/credstore"
	"codex-login/flows/network"
	"codex-login/policy"
)

// constants finds the text constants of a type in a package's source, so that
// a new one cannot be forgotten here.
func constants(t *testing.T, dir, typeName string) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, path := range paths {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok || spec.Type == nil || len(spec.Values) == 0 {
				return true
			}
			name, isName := spec.Type.(*ast.Ident)
			literal, isText := spec.Values[0].(*ast.BasicLit)
			if isName && isText && name.Name == typeName {
				text, _ := strconv.Unquote(literal.Value)
				out = append(out, text)
			}
			return true
		})
	}
	if len(out) == 0 {
		t.Fatalf("no constants of %s", typeName)
	}
	return out
}

// everyError is one of each kind of error that a person can meet.
func everyError(t *testing.T) map[string]error {
	t.Helper()
	all := map[string]error{
		"denied": &DeniedError{Code: "access_denied", Description: "no"}, "denied without words": &DeniedError{Code: "access_denied"},
		"expired": ErrExpired, "cancelled": ErrCancelled, "canceled": context.Canceled, "taken over": ErrTakenOver, "timed out": ErrTimedOut,
		"disabled": ErrDeviceCodeDisabled, "entitlement": &BarredError{Code: noEntitlement}, "workspace disabled": &BarredError{Code: workspaceDisabled, RequestID: "r-1"},
		"account missing": &BarredError{Code: accountMissing}, "unknown provider": &ProviderError{ProviderStanding{ID: "x", Kind: policy.ProviderUnknown}},
		"no provider key": &ProviderError{ProviderStanding{ID: "x", Kind: policy.ProviderEnvKey, Variable: "X_KEY"}},
		"no code":         errNoCode, "nobody": credstore.ErrNotFound,
		"system's certificates": &network.CertificateFileError{Path: "/etc/ssl/certs", System: true, Problem: network.BundleSilent},
		"no loopback":           &PortBusyError{Ports: []PortHolder{{Port: 1455, Err: syscall.EADDRNOTAVAIL}}},
		"ports":                 &PortBusyError{Ports: []PortHolder{{Port: 1455, Program: "python3", PID: 7}, {Port: 1457}}},
		"home":                  &credstore.HomeError{Path: "/nowhere"},
		"config":                &policy.ConfigError{File: "/etc/codex/config.toml", Line: 3, Column: 4, Key: "x", Problem: "must be a text"},
		"conflict":              &policy.ConflictError{},
		"pinned":                &StorePinnedError{Demanded: credstore.ModeFile, Source: policy.Source{File: "/etc/codex/requirements.toml", Line: 1}},
		"method":                violation(t, `forced_login_method="api"`, policy.ChatGPT, ""),
		"workspace":             violation(t, `forced_chatgpt_workspace_id="ws-x"`, policy.ChatGPT, "ws-y"),
		"no claim":              violation(t, `forced_chatgpt_workspace_id="ws-x"`, policy.ChatGPT, ""),
		"no account":            &NoAccountError{Name: "mina"},
		"none before":           &NoAccountError{Name: "-"},
		"ambiguous":             &AmbiguousError{Name: "mina", Matches: []Entry{{ID: "apikey-0123456789abcdef"}, {ID: "apikey-0123456789abcdee"}}},
		"unforeseen":            errors.New("something else"),
		"wrapped":               fmt.Errorf("while testing: %w", ErrExpired),
	}
	for _, p := range constants(t, "network", "Problem") {
		all["network "+p] = &network.Error{Problem: network.Problem(p), Host: "auth.openai.com", Err: net.ErrClosed}
		for _, c := range causesOf(t, network.Problem(p)) {
			all["network "+p+" "+string(c)] = &network.Error{
				Problem: network.Problem(p), Cause: c, Host: "auth.openai.com", Err: net.ErrClosed,
				Roots: network.Roots{Variable: "SSL_CERT_FILE", Path: "/x", Instead: []string{"SSL_CERT_FILE"}},
			}
		}
	}
	for _, p := range constants(t, "network", "BundleProblem") {
		all["bundle "+p] = &network.CertificateFileError{Variable: "SSL_CERT_FILE", Path: "/x", Problem: network.BundleProblem(p)}
		all["bundle given "+p] = &network.CertificateFileError{Path: "/x", Problem: network.BundleProblem(p), Block: 2, Line: 7, Label: "X509 CERTIFICATE", Err: os.ErrNotExist}
	}
	for _, p := range constants(t, "network", "ProxyProblem") {
		all["variable "+p] = &network.ProxyVariableError{Variable: "HTTPS_PROXY", Problem: network.ProxyProblem(p), Scheme: "ftp"}
	}
	for _, p := range constants(t, ".", "DocumentProblem") {
		all["document "+p] = &DocumentError{Problem: DocumentProblem(p), Detail: "3:4: unexpected end"}
	}
	for _, p := range constants(t, ".", "InputProblem") {
		all["input "+p] = &InputError{Problem: InputProblem(p)}
	}
	for _, r := range constants(t, ".", "EndReason") {
		all["ended "+r] = &SessionEndedError{Reason: EndReason(r)}
	}
	full := &credstore.Error{Problem: credstore.ProblemFull, Op: "save", Place: credstore.Place{Where: "/x"}}
	all["unsaved"], all["unsaved, in the book"] = &UnsavedError{Err: full}, &UnsavedError{InBook: true, Err: full}
	for _, p := range constants(t, "../credstore", "Problem") {
		all["store "+p] = &credstore.Error{Problem: credstore.Problem(p), Op: "save", Place: credstore.Place{Where: "/x"}, Detail: "d", Line: 1, Column: 2, Err: os.ErrPermission}
	}
	all["store too big to read"] = &credstore.Error{Problem: credstore.ProblemTooBig, Op: "read", Place: credstore.Place{Where: "/x"}}
	for _, status := range []int{200, 400, 403, 429, 500, 503} {
		all[fmt.Sprint("server ", status)] = &ServerError{Host: "auth.openai.com", Endpoint: "/oauth/token", Status: status, Detail: "said"}
	}
	all["country"] = &ServerError{Status: 403, Code: "unsupported_country_region_territory"}
	return all
}

// causesOf is every cause that a problem can have. A new one has to be put into
// one of these lists.
func causesOf(t *testing.T, p network.Problem) []network.Cause {
	t.Helper()
	reached := []network.Cause{network.CauseOther, network.CauseName, network.CauseRefused, network.CauseSilent, network.CauseDropped, network.CauseGarbage}
	lists := map[network.Problem][]network.Cause{
		network.Offline: reached,
		network.Proxy:   append(slices.Clone(reached), network.CauseAuthentication, network.CauseStatus),
		network.TLS: {
			network.CauseOther, network.CauseRefused, network.CauseSilent, network.CauseDropped, network.CauseGarbage, network.CauseExpired, network.CauseNotYetValid, network.CauseWrongHost,
			network.CauseSelfSigned, network.CauseUnknown, network.CauseInspected, network.CauseReplaced, network.CauseRejected,
		},
	}
	for _, c := range constants(t, "network", "Cause") {
		if !slices.Contains(lists[network.Proxy], network.Cause(c)) && !slices.Contains(lists[network.TLS], network.Cause(c)) {
			t.Errorf("nothing has the cause %s", c)
		}
	}
	return lists[p]
}

func violation(t *testing.T, rule string, c policy.Credential, workspace string) error {
	t.Helper()
	rules, err := policy.Load(policy.Options{Home: t.TempDir(), System: t.TempDir(), Overrides: []string{rule}})
	if err != nil {
		t.Fatal(err)
	}
	v := rules.Check(c, workspace)
	if v == nil {
		t.Fatal("no violation")
	}
	return v
}

// documented are the codes of the README's list.
var documented = " denied expired cancelled device_code_disabled port_busy offline tls proxy server policy config store input no_account ambiguous session_ended provider "

func TestEveryErrorIsExplained(t *testing.T) {
	say := assets.Speak("en")
	for name, err := range everyError(t) {
		e := Explain(say, err)
		if !strings.Contains(documented, " "+e.Code+" ") {
			t.Errorf("%s: code %q", name, e.Code)
		}
		for _, text := range []string{e.Title, e.Text, e.Next} {
			if text == "" || strings.HasPrefix(text, "explain.") || strings.Contains(text, "<no value>") || strings.Contains(text, "%!") {
				t.Errorf("%s: %+v", name, e)
				break
			}
		}
		if strings.HasSuffix(e.Title, ".") {
			t.Errorf("%s: the title ends with a full stop", name)
		}
	}
}

func TestEveryNoteIsSaid(t *testing.T) {
	say := assets.Speak("en")
	for _, code := range constants(t, ".", "NoteCode") {
		text := ExplainNote(say, Note{Code: NoteCode(code), Err: ErrExpired, Holder: "python3"})
		if text == "" || strings.HasPrefix(text, "note.") || strings.Contains(text, "<no value>") {
			t.Errorf("%s: %q", code, text)
		}
	}
}

// Nothing that came from outside reaches a screen with a control character.
func TestExplanationsAreStripped(t *testing.T) {
	const bad = "a\x1b]0;pwned\x07b\u202ec\x9bd\ne"
	say := assets.Speak("en")
	for _, err := range []error{
		&DeniedError{Description: display.Line(bad, 300)},
		errors.New(bad),
		&network.Error{Problem: network.Offline, Host: "h", Err: errors.New(bad)},
		&credstore.Error{Problem: credstore.ProblemCorrupt, Place: credstore.Place{Where: bad}, Detail: bad},
		&credstore.HomeError{Path: bad},
		&network.CertificateFileError{Variable: "SSL_CERT_FILE", Path: bad, Problem: network.BundleBase64, Label: display.Line(bad, 40)},
		&PortBusyError{Ports: []PortHolder{{Port: 1, Program: display.Line(bad, 60)}}},
	} {
		e := Explain(say, err)
		if strings.ContainsAny(e.Title+e.Text+strings.ReplaceAll(e.Next, "\n", ""), "\x1b\x07\u202e\u009b\n") {
			t.Errorf("%+v", e)
		}
	}
}

// Owner and mode are a file's.
func TestPermissionHintFitsThePlace(t *testing.T) {
	say := assets.Speak("en")
	for kind, want := range map[credstore.Kind]bool{credstore.KindFile: true, credstore.KindKeyring: false} {
		err := &credstore.Error{Problem: credstore.ProblemPermission, Place: credstore.Place{Kind: kind, Where: "/x"}}
		if e := Explain(say, err); strings.Contains(e.Next, "ls -la") != want || e.Next == "" {
			t.Errorf("%s: %s", kind, e.Next)
		}
	}
}

// A server may send back what it was sent; a screen must not.
func TestSecretsThatAServerRepeats(t *testing.T) {
	const secret = "se/cret+value=0123456789"
	long := strings.Repeat("x", 290) + " " + secret
	for name, a := range map[string]answer{
		"form":          {body: []byte(`{"error":"invalid_grant","error_description":"bad ` + secret + `"}`), request: request{body: encodeParameters([]parameter{{"code", secret}})}},
		"as sent":       {body: []byte("no: " + url.QueryEscape(secret)), request: request{body: encodeParameters([]parameter{{"code_verifier", secret}})}},
		"token request": {body: []byte(secret), request: request{body: encodeParameters([]parameter{{"subject_token", secret}})}},
		"JSON":          {body: []byte(`{"error":{"message":"` + secret + `","code":"` + secret + `"}}`), request: request{body: `{"token":"` + secret + `"}`}},
		"device":        {body: []byte(`{"detail":"` + secret + `"}`), request: request{body: `{"device_auth_id":"` + secret + `"}`}},
		"bearer":        {body: []byte(`{"message":"Incorrect API key provided: ` + secret + `"}`), request: request{bearer: secret}},
		"at the cut":    {body: []byte(long), request: request{bearer: secret}},
	} {
		e := a.failure()
		if text := e.Error() + e.Code; strings.Contains(text, secret[:8]) || strings.Contains(text, url.QueryEscape(secret)[:8]) {
			t.Errorf("%s: %s", name, text)
		}
		if e.Detail == "" {
			t.Errorf("%s: nothing is left", name)
		}
	}
}

// A card may hold the word of a later version.
func TestUnknownEndIsExplained(t *testing.T) {
	say := assets.Speak("en")
	got := Explain(say, &SessionEndedError{Reason: "by_the_moon"})
	if want := Explain(say, &SessionEndedError{Reason: EndRejected}); got != want {
		t.Errorf("%+v", got)
	}
}

// Whoever only tries a place is not sent where the logins are already.
func TestTriedKeyringIsNotAdvice(t *testing.T) {
	say := assets.Speak("en")
	for _, p := range []credstore.Problem{credstore.ProblemUnavailable, credstore.ProblemLocked, credstore.ProblemTimeout} {
		saving, trying := Explain(say, &credstore.Error{Problem: p, Op: "save"}), Explain(say, &credstore.Error{Problem: p, Op: credstore.OpTry})
		if !strings.Contains(saving.Next, "--store file") || strings.Contains(trying.Next, "--store file") || !strings.Contains(trying.Next, "where they are") {
			t.Errorf("%s: %q, %q", p, saving.Next, trying.Next)
		}
	}
}
