package policy

import "testing"

// providerTables are tables of one provider each, and what is wrong with it.
var providerTables = map[string]struct {
	text string
	why  ProviderFaultKind
	key  string
}{
	"ollama, empty":             {"[model_providers.ollama]", FaultReserved, ""},
	"lmstudio":                  {"[model_providers.lmstudio]\nname = 'x'", FaultReserved, ""},
	"openai":                    {"[model_providers.openai]\nbase_url = 'http://x'", FaultReserved, ""},
	"openai, empty":             {"[model_providers.openai]", "", ""},
	"openai, as it is":          {"[model_providers.openai]\nname = ''\nrequires_openai_auth = false\nwire_api = 'responses'", "", ""},
	"gcp":                       {"[model_providers.gcp]\nbase_url = 'http://x'\nproject_id = 'p'\nlocation = 'l'\nzz = 1", "", ""},
	"gcp, its auth":             {"[model_providers.gcp.auth]\ncommand = 'x'", "", ""},
	"gcp, a name":               {"[model_providers.gcp]\nname = 'x'", FaultForeign, "name"},
	"gcp, its own name":         {"[model_providers.gcp]\nname = 'Google Cloud'", FaultForeign, "name"},
	"gcp, the login":            {"[model_providers.gcp]\nrequires_openai_auth = true", FaultForeign, "requires_openai_auth"},
	"bedrock":                   {"[model_providers.amazon-bedrock]\nbase_url = 'http://x'\n[model_providers.amazon-bedrock.aws]\nprofile = 'p'", "", ""},
	"bedrock, a variable":       {"[model_providers.amazon-bedrock]\nenv_key = 'X'", FaultForeign, "env_key"},
	"bedrock, retries":          {"[model_providers.amazon-bedrock]\nrequest_max_retries = 3", FaultForeign, "request_max_retries"},
	"bedrock, aws and auth":     {"[model_providers.amazon-bedrock.auth]\ncommand = 'x'\n[model_providers.amazon-bedrock.aws]\nprofile = 'p'", FaultAWS, "aws"},
	"bedrock's runtime, a name": {"[model_providers.amazon-bedrock-runtime]\nname = 'x'", FaultForeign, "name"},
	"no name":                   {"[model_providers.a]\nbase_url = 'http://x'", FaultName, "name"},
	"a blank name":              {"[model_providers.a]\nname = ' '", FaultName, "name"},
	"no id":                     {"[model_providers.'']\nname = ''", FaultName, "name"},
	"auth":                      {"[model_providers.a]\nname = 'x'\nrequires_openai_auth = false\nauth = {command = 'x'}", "", ""},
	"auth, no command":          {"[model_providers.a]\nname = 'x'\nauth = {args = ['x']}", FaultCommand, "auth.command"},
	"auth, a blank command":     {"[model_providers.a]\nname = 'x'\nauth = {command = ' '}", FaultCommand, "auth.command"},
	"auth and a variable":       {"[model_providers.a]\nname = 'x'\nenv_key = 'X'\nauth = {command = 'x'}", FaultTwice, "env_key"},
	"auth and a token":          {"[model_providers.a]\nname = 'x'\nexperimental_bearer_token = 'X'\nauth = {command = 'x'}", FaultTwice, "experimental_bearer_token"},
	"auth and the login":        {"[model_providers.a]\nname = 'x'\nrequires_openai_auth = true\nauth = {command = 'x'}", FaultTwice, "requires_openai_auth"},
	"a variable and a token":    {"[model_providers.a]\nname = 'x'\nenv_key = 'X'\nexperimental_bearer_token = 'x'", "", ""},
	"aws":                       {"[model_providers.a]\nname = 'x'\naws = {profile = 'p'}", FaultAWS, "aws"},
	"chat":                      {"[model_providers.a]\nname = 'x'\nwire_api = 'chat'", FaultWire, "wire_api"},
	"responses":                 {"[model_providers.a]\nname = 'x'\nwire_api = 'responses'\nproject_id = 'p'", "", ""},
}

// TestProviderFaultsAgainstCodex: Codex starts with a provider's table exactly
// where we find no fault in it.
func TestProviderFaultsAgainstCodex(t *testing.T) {
	binary, err := codexBinary()
	need(t, "the real Codex (CODEX_BIN, .deps or PATH)", err)
	if !apart(t) {
		return
	}
	for name, c := range providerTables {
		t.Run(name, func(t *testing.T) {
			r := codexRun{t: t, binary: binary, codexCase: codexCase{configuration: configuration{user: c.text}}}
			r.layOut()
			rules, err := Load(r.options())
			if err != nil {
				t.Fatal(err)
			}
			var got ProviderFault
			if len(rules.ProviderFaults) > 0 {
				got = rules.ProviderFaults[0]
			}
			if got.Why != c.why || got.Key != c.key || len(rules.ProviderFaults) > 1 || got.Why != "" && got.ID.Source.Line != 1 {
				t.Errorf("%+v", rules.ProviderFaults)
			}
			if r.refusesConfig() != (c.why != "") {
				line, _ := r.codex("", "login", "status")
				t.Errorf("we say %q, Codex: %s", got.Why, line)
			}
		})
	}
}
