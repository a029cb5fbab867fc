package policy

import (
	"fmt"
	"strings"
)

// A ladder gives a key a value in each layer, the lowest first, and takes the
// layers away from the top, so that each decides once.
type ladder struct {
	key    string
	values [5]string // as TOML has them: system, user, project, -c, managed
}

var rungs = [5]Layer{LayerSystem, LayerUser, LayerProject, LayerCommandLine, LayerManaged}

// climb returns the configuration in which a rung is the highest.
func (l ladder) climb(top int) configuration {
	say := func(rung int) string {
		if rung > top {
			return ""
		}
		return fmt.Sprintf("\n%s = %s\n", l.key, l.values[rung])
	}
	c := configuration{system: say(0), user: say(1) + trusted, managed: say(4), dir: "repo/a"}
	c.files = tree{"repo/.git/HEAD": "", "repo/a/.codex/config.toml": say(2), "repo/.codex/config.toml": "# nothing"}
	if text := strings.TrimSpace(say(3)); text != "" {
		c.overrides = []string{text}
	}
	return c
}

// ladders are the settings; sign-ins do not depend on them, so that they are
// only read.
var ladders = []struct {
	ladder
	pin string // what requirements.toml may say, if anything
}{
	{ladder{ForcedMethod, [5]string{`"api"`, `"chatgpt"`, `"api"`, `"chatgpt"`, `"api"`}}, ""},
	{ladder{ForcedWorkspace, [5]string{`"a"`, `["b", "c"]`, `"d"`, `["e"]`, `"f"`}}, ""},
	{ladder{StoreKey, [5]string{`"keyring"`, `"auto"`, `"ephemeral"`, `"file"`, `"keyring"`}}, `"auto"`},
	{ladder{ChatGPTBaseURLKey, [5]string{`"http://127.0.0.1:1/"`, `"http://127.0.0.1:2"`, `"http://127.0.0.1:3"`, `"http://127.0.0.1:4"`, `"http://127.0.0.1:5"`}}, `"http://127.0.0.1:6/"`},
	{ladder{OpenAIBaseURLKey, [5]string{`"http://127.0.0.1:1/v1"`, `"http://127.0.0.1:2/v1/"`, `"http://127.0.0.1:3"`, `"http://127.0.0.1:4"`, `"http://127.0.0.1:5"`}}, ""},
	{ladder{ProviderKey, [5]string{`"ollama"`, `"lmstudio"`, `"gcp"`, `"amazon-bedrock"`, `"openai"`}}, `"lmstudio"`},
	{ladder{LogDirKey, [5]string{`"s"`, `"~/u"`, `"../p"`, `"c/./d"`, `"/m/../n/"`}}, `"~"`},
	{ladder{"features.secret_auth_storage", [5]string{"true", "false", "true", "false", "true"}}, "false"},
}

// settingLadders are the rungs of all ladders, with and without a pin.
func settingLadders() map[string]configuration {
	all := map[string]configuration{}
	for _, l := range ladders {
		for top, layer := range rungs {
			name := fmt.Sprintf("%s by %s", l.key, layer)
			c := l.climb(top)
			all[name] = c
			if l.pin != "" && top%2 == 0 {
				c.requirements = l.key + " = " + l.pin
				all[name+", pinned"] = c
			}
		}
	}
	return all
}

// ladderCases are layers x keys x credentials, to be signed in under.
func ladderCases() map[string]codexCase {
	method := ladders[0]
	workspace := ladder{ForcedWorkspace, [5]string{`"a"`, `["a", "b"]`, `" b "`, `["c", "a"]`, `"b"`}}
	all := map[string]codexCase{}
	for top, layer := range rungs {
		forced := method.climb(top)
		all[fmt.Sprintf("method by %s, plan", layer)] = codexCase{configuration: forced, claim: "a"}
		all[fmt.Sprintf("method by %s, key", layer)] = codexCase{configuration: forced, login: API}
		for _, allowed := range []string{"api", "chatgpt"} {
			forced.requirements = fmt.Sprintf("allowed_login_methods = [%q]", allowed)
			all[fmt.Sprintf("method by %s, %s allowed", layer, allowed)] = codexCase{configuration: forced, login: API}
		}
		demanded := workspace.climb(top)
		all[fmt.Sprintf("workspace by %s, a", layer)] = codexCase{configuration: demanded, claim: "a"}
		all[fmt.Sprintf("workspace by %s, none", layer)] = codexCase{configuration: demanded}
		all[fmt.Sprintf("workspace by %s, key", layer)] = codexCase{configuration: demanded, login: API}
		demanded.requirements = `allowed_chatgpt_workspaces = ["a"]`
		all[fmt.Sprintf("workspace by %s, a allowed, a", layer)] = codexCase{configuration: demanded, claim: "a"}
		all[fmt.Sprintf("workspace by %s, a allowed, b", layer)] = codexCase{configuration: demanded, claim: "b"}
	}
	for name, c := range all {
		c.brief = true
		all[name] = c
	}
	return all
}
