package doctor

import (
	"context"
	"time"

	"codex-login/flows"
)

// The areas, in the order in which a person should meet them.
const (
	areaHome         = "home"
	areaLogin        = "login"
	areaRules        = "rules"
	areaNetwork      = "network"
	areaSurroundings = "surroundings"
)

// needs are what a check cannot do without.
type needs int

const (
	needsHome needs = 1 << iota
	needsNetwork
	needsEntry // to look at files in it
)

// How long a check may take. A keyring answers within 5 s or not at all; a
// connection has its own limit below this one.
const (
	quick      = 5 * time.Second
	keyringMay = 12 * time.Second
	networkMay = 15 * time.Second
)

type check struct {
	id, area string
	needs    needs
	limit    time.Duration
	run      func(ctx context.Context, p *patient) []Finding
}

// checks is the table. A new check is one more row, and its texts.
var checks []check

func init() { // the checks refer to the table
	checks = []check{
		{"home", areaHome, 0, quick, checkHome},
		{"permissions", areaHome, needsHome, quick, checkPermissions},
		{"locks", areaHome, needsHome | needsEntry, quick, checkLocks},
		{"leftovers", areaHome, needsHome | needsEntry, keyringMay, checkLeftovers},
		{"backups", areaHome, needsHome | needsEntry, quick, checkBackups},
		{"book", areaHome, needsHome | needsEntry, keyringMay, checkBook},
		{"keyring", areaHome, needsHome, keyringMay, checkKeyring},
		{"login", areaLogin, needsHome | needsEntry, keyringMay, checkLogin},
		{"session", areaLogin, needsHome | needsEntry, keyringMay, checkSession},
		{"clock", areaLogin, needsHome, networkMay, checkClock},
		{"credential", areaLogin, needsHome, keyringMay, checkCredential},
		{"running", areaLogin, needsHome | needsEntry, quick, checkRunning},
		{"configuration", areaRules, needsHome, quick, checkConfiguration},
		{"rules", areaRules, needsHome, keyringMay, checkRules},
		{"project", areaRules, needsHome, quick, checkProject},
		{"provider", areaRules, needsHome, quick, checkProvider},
		{"certificates", areaNetwork, needsHome, networkMay, checkCertificates},
		{"proxy", areaNetwork, needsHome, networkMay, checkProxy},
		{"names", areaNetwork, needsHome | needsNetwork, networkMay, checkNames},
		{"issuer", areaNetwork, needsHome | needsNetwork, networkMay, connection(flows.ForSignIn)},
		{"api", areaNetwork, needsHome | needsNetwork, networkMay, connection(flows.ForAPI)},
		{"chatgpt", areaNetwork, needsHome | needsNetwork, networkMay, connection(flows.ForChatGPT)},
		{"socket", areaNetwork, needsHome | needsNetwork, networkMay, connection(flows.ForSocket)},
		{"ports", areaNetwork, needsHome, quick, checkPorts},
		{"browser", areaSurroundings, 0, quick, checkBrowser},
		{"clipboard", areaSurroundings, 0, quick, checkClipboard},
		{"terminal", areaSurroundings, 0, quick, checkTerminal},
		{"codex", areaSurroundings, 0, quick, checkCodex},
	}
}
