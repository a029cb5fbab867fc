package flows

import (
	"encoding/json"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"codex-login/flows/sandbox"
)

// realCodex is the real Codex in a home of its own, or a skip by name.
func realCodex(t *testing.T, s *sandbox.Server, home string) *sandbox.Peer {
	t.Helper()
	p, err := sandbox.NewPeer(s, home)
	switch {
	case err == nil:
	case os.Getenv("CI") != "true" && (errors.Is(err, sandbox.ErrNoCodex) || errors.Is(err, sandbox.ErrNotIsolated)):
		t.Skip("needs the real codex: " + err.Error())
	default:
		t.Fatal(err)
	}
	return p
}

// document is the auth.json of a new session.
func document(t *testing.T, s *sandbox.Server, seat sandbox.Seat) (text []byte, access string) {
	t.Helper()
	tokens, err := s.SignIn(seat)
	if err != nil {
		t.Fatal(err)
	}
	text, err = json.Marshal(map[string]any{
		"auth_mode": "chatgpt", "OPENAI_API_KEY": "sk-beside-the-tokens", "last_refresh": time.Now().UTC().Format(time.RFC3339Nano),
		"tokens": map[string]any{
			"id_token": tokens.ID, "access_token": tokens.Access, "refresh_token": tokens.Refresh, "account_id": seat.Workspace,
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return text, tokens.Access
}

// winCase is a machine on which the real Codex and we are asked the same.
type winCase struct {
	stored string // none, chatgpt, key, token
	env    []string
	config string
}

// provider is a config.toml with a model provider of one's own.
func provider(lines string) string {
	return "model_provider = \"x\"\n[model_providers.x]\nname = \"X\"\nbase_url = \"API/x\"\n" + lines + "\n"
}

// PAT stands for an access token that the sandbox knows.
var winCases = map[string]winCase{
	"nothing":                   {stored: "none"},
	"plan":                      {stored: "chatgpt"},
	"key":                       {stored: "key"},
	"token":                     {stored: "token"},
	"Codex key":                 {"none", []string{"CODEX_API_KEY=sk-codex-0123456789"}, ""},
	"Codex key over plan":       {"chatgpt", []string{"CODEX_API_KEY=sk-codex-0123456789"}, ""},
	"Codex key over key":        {"key", []string{"CODEX_API_KEY= sk-codex-0123456789 \n"}, ""},
	"empty Codex key":           {"chatgpt", []string{"CODEX_API_KEY="}, ""},
	"blank Codex key":           {"chatgpt", []string{"CODEX_API_KEY= \t"}, ""},
	"OpenAI key":                {"none", []string{"OPENAI_API_KEY=sk-openai-0123456789"}, ""},
	"OpenAI key beside plan":    {"chatgpt", []string{"OPENAI_API_KEY=sk-openai-0123456789"}, ""},
	"access token over plan":    {"chatgpt", []string{"CODEX_ACCESS_TOKEN=PAT"}, ""},
	"access token over key":     {"key", []string{"CODEX_ACCESS_TOKEN= PAT "}, ""},
	"access token over token":   {"token", []string{"CODEX_ACCESS_TOKEN=PAT"}, ""},
	"blank access token":        {"chatgpt", []string{"CODEX_ACCESS_TOKEN=  "}, ""},
	"all variables":             {"chatgpt", []string{"CODEX_API_KEY=sk-codex-0123456789", "OPENAI_API_KEY=sk-openai-0123456789", "CODEX_ACCESS_TOKEN=PAT"}, ""},
	"provider with key":         {"chatgpt", []string{"X_KEY=sk-x-0123456789", "CODEX_API_KEY=sk-codex-0123456789"}, provider(`env_key = "X_KEY"`)},
	"provider without its key":  {"chatgpt", []string{"CODEX_API_KEY=sk-codex-0123456789"}, provider(`env_key = "X_KEY"`)},
	"provider with blank key":   {"chatgpt", []string{"X_KEY=  "}, provider(`env_key = "X_KEY"`)},
	"provider, key and login":   {"chatgpt", []string{"OPENAI_API_KEY=sk-openai-0123456789"}, provider("requires_openai_auth = true\nenv_key = \"OPENAI_API_KEY\"")},
	"provider, login":           {"chatgpt", nil, provider("requires_openai_auth = true")},
	"provider, login, variable": {"chatgpt", []string{"CODEX_API_KEY=sk-codex-0123456789"}, provider("requires_openai_auth = true")},
	"provider, token":           {"chatgpt", []string{"CODEX_API_KEY=sk-codex-0123456789"}, provider("requires_openai_auth = true\nexperimental_bearer_token = \"own-credential\"")},
	"provider, command":         {"chatgpt", nil, provider("[model_providers.x.auth]\ncommand = \"/bin/echo\"\nargs = [\"own-credential\"]")},
	"provider, nothing":         {"chatgpt", []string{"CODEX_API_KEY=sk-codex-0123456789", "CODEX_ACCESS_TOKEN=PAT"}, provider("")},
	"forced plan, Codex key":    {"chatgpt", []string{"CODEX_API_KEY=sk-codex-0123456789"}, "forced_login_method = \"chatgpt\"\n"},
	"forced plan, blank key":    {"chatgpt", []string{"CODEX_API_KEY= "}, "forced_login_method = \"chatgpt\"\n"},
	"forced key, access token":  {"key", []string{"CODEX_ACCESS_TOKEN=PAT"}, "forced_login_method = \"api\"\n"},
	"forced key, both":          {"key", []string{"CODEX_API_KEY=sk-codex-0123456789", "CODEX_ACCESS_TOKEN=PAT"}, "forced_login_method = \"api\"\n"},
	"forced plan, both":         {"chatgpt", []string{"CODEX_API_KEY=sk-codex-0123456789", "CODEX_ACCESS_TOKEN=PAT"}, "forced_login_method = \"chatgpt\"\n"},
	"forced plan, provider":     {"chatgpt", []string{"CODEX_API_KEY=sk-codex-0123456789"}, "forced_login_method = \"chatgpt\"\n" + provider("")},
	"forced plan, provider key": {"chatgpt", []string{"CODEX_API_KEY=sk-codex-0123456789", "X_KEY=sk-x-0123456789"}, "forced_login_method = \"chatgpt\"\n" + provider(`env_key = "X_KEY"`)},
}

// signedOut is what a run comes to that deletes the stored login and ends.
const signedOut = "signed out"

// TestWinsAsCodexDoes asks each client for one answer of the model and compares
// the credential that arrives at the server with Wins.
func TestWinsAsCodexDoes(t *testing.T) {
	s := startSandbox(t, sandbox.Options{})
	realCodex(t, s, t.TempDir())
	for name, c := range winCases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			token := s.NewAccessToken(sandbox.JonasFree)
			env := slices.Clone(c.env)
			for i := range env {
				env[i] = strings.ReplaceAll(env[i], "PAT", token)
			}
			c.env = env
			for _, client := range []Client{ClientTUI, ClientExec, ClientAppServer} {
				m := newWinMachine(t, s, c, client)
				var w Winner
				for _, each := range m.login.Wins(m.account) {
					if each.Client == client {
						w = each
					}
				}
				if theirs := m.run(); theirs != inCodexWords(w) {
					t.Errorf("%s: Codex used %q, we say %q (%+v)", client, theirs, inCodexWords(w), w)
				}
			}
		})
	}
}

// inCodexWords is a Winner in the words of winMachine.run.
func inCodexWords(w Winner) string {
	switch {
	case w.Refused != nil:
		return signedOut
	case w.Source == FromEnvironment, w.Source == FromProvider && w.Variable != "":
		return w.Variable
	case w.Source == FromProvider:
		return "own"
	case w.Source == FromLogin:
		return "login"
	}
	return "nothing"
}
