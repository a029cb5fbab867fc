package flows

import (
	"regexp"
	"strings"
)

// BarredError says that OpenAI's side refuses the account as it stands: an
// admin has switched Codex off for its workspace, or there is no workspace that
// has it. No other way to sign in with that account helps. It is an ErrDenied,
// and an ErrNotEntitled where the entitlement is what is missing. Everything in
// it is safe to print.
type BarredError struct {
	Code      string // the server's own word, one of barringCodes
	Detail    string // what it said besides
	Host      string
	RequestID string // for the admin and the help center; may be empty
}

// The words with which OpenAI's server bars an account. The first is Codex's,
// the others are what people were shown (openai/codex issues 17833 and 2815).
const (
	noEntitlement     = "missing_codex_entitlement"
	workspaceDisabled = "codex_cli_workspace_disabled"
	accountMissing    = "chatgpt_account_missing"
)

var barringCodes = []string{noEntitlement, workspaceDisabled, accountMissing}

func (e *BarredError) Error() string {
	return "the account is refused by " + e.Host + ": " + first(e.Detail, e.Code)
}

// Is makes it ErrDenied, and ErrNotEntitled where that is the reason.
func (e *BarredError) Is(target error) bool {
	return target == ErrDenied || target == ErrNotEntitled && e.Code == noEntitlement
}

// requestIDText finds the id of a request in a sentence.
var requestIDText = regexp.MustCompile(`(?i)request[ _-]?id[:= ]+([0-9a-z][0-9a-z_-]{7,79})`)

// barred is the error for what a server said, nil when it is another one. The
// words may stand in the code or in the sentence.
func barred(e *ServerError) *BarredError {
	said := strings.ToLower(e.Code + " " + e.Detail)
	for _, code := range barringCodes {
		if strings.Contains(said, code) {
			out := &BarredError{Code: code, Detail: e.Detail, Host: e.Host, RequestID: e.RequestID}
			if m := requestIDText.FindStringSubmatch(e.Detail); out.RequestID == "" && m != nil {
				out.RequestID = m[1]
			}
			return out
		}
	}
	return nil
}

// explanation is the catalogue's id of the reason.
func (e *BarredError) explanation() string {
	return map[string]string{noEntitlement: "not_entitled", workspaceDisabled: "workspace_disabled", accountMissing: "account_missing"}[e.Code]
}
