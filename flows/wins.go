package flows

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
	FromProvider    CredentialSource = "provider"    // the active provider's env_key, in Winner.Variable
	FromNobody      CredentialSource = "none"        // none is needed: the active provider asks for no OpenAI login
	FromNowhere     CredentialSource = "missing"     // one is needed and there is none
)

// Winner says which credential a client of Codex uses here, safe to print.
type Winner struct {
	Client Client
	Source CredentialSource
	// Variable is the environment variable that it comes from; "" otherwise.
	Variable string
	// KeyHint is the key in that variable as Codex shows keys; "" otherwise.
	KeyHint string
	// BeatsLogin: the variable is used although a login is stored.
	BeatsLogin bool
	// Billed: it is an API key, so the usage is billed at API rates.
	Billed bool
}

// Wins says for each client of Codex which credential the real Codex uses in
// this environment, given who is signed in (a zero Account for nobody).
func (l *Login) Wins(stored Account) []Winner { return nil }
