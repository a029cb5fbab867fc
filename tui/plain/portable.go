package plain

import (
	"fmt"
	"strings"

	"codex-login/assets/display"
	"codex-login/flows"
)

// Exported is a login that was written as a document.
type Exported struct {
	Entry     flows.Entry
	Encrypted bool
	// File is where it is, "" for Document on standard output.
	File     string
	Document []byte
}

// Exported hands over a document, and says what it is.
func (l *Lines) Exported(x Exported) {
	if x.File == "" {
		text := strings.TrimSuffix(string(x.Document), "\n")
		if _, err := fmt.Fprintln(l.Out, text); err != nil {
			return // nothing was handed over: the exit code says so
		}
	}
	l.talk("portable.exported", "Who", brief(l.Say, x.Entry), "File", display.Clean(x.File), "Encrypted", x.Encrypted)
	if x.Encrypted {
		l.talk("portable.encrypted")
	} else {
		l.talk("portable.password")
	}
	if x.Entry.Method == flows.AccountChatGPT {
		l.talk("portable.twice")
	}
}

// Imported says what came of a document.
func (l *Lines) Imported(r flows.Receipt) {
	l.result(r, previous{})
	l.talk("portable.source")
	if r.Account.Method == flows.AccountChatGPT {
		l.talk("portable.twice")
	}
}

// Exported writes the document as a text inside of an object.
func (e *Events) Exported(x Exported) {
	e.write(struct {
		head
		entry
		Encrypted bool    `json:"encrypted"`
		File      *string `json:"file"`
		Document  *string `json:"document"`
	}{event("exported"), entryOf(x.Entry), x.Encrypted, known(display.Clean(x.File)), known(string(x.Document))})
}

// Imported writes the login as a sign-in does.
func (e *Events) Imported(r flows.Receipt) { e.result(r, previous{}) }
