package flows

import (
	"context"
	"sync"
	"time"
)

// Challenge is what a person has to answer: a page to open, a code to type.
// The exported fields do not change after Begin. It holds nothing secret that
// can be printed.
type Challenge struct {
	// Method is the way that is really taken; it differs from the one asked
	// for where the server has device codes disabled.
	Method Method
	// URL is the page to open: the authorization URL or the device page. Empty
	// for keys and tokens.
	URL string
	// UserCode is the one-time code to type at URL, as the server wrote it.
	UserCode string
	// CompleteURL is a page that needs no typing (RFC 8628
	// verification_uri_complete); empty where the server sends none.
	CompleteURL string
	// ExpiresAt is when the code stops working; zero is never.
	ExpiresAt time.Time
	// Port is where the listener waits for the browser; 0 without one.
	Port int

	login   *Login
	request Request
	flow    flow
	open    func(ctx context.Context, url string) error

	mu    sync.Mutex
	notes []Note
	limit time.Time // of the wait for an answer; zero without one
}

// ScanURL is what a QR code should hold: the complete URL where there is one.
func (c *Challenge) ScanURL() string {
	if c.CompleteURL != "" {
		return c.CompleteURL
	}
	return c.URL
}

// NoteCode names a thing that a worker has to say while it waits.
type NoteCode string

// The notes. None of them ends the sign-in.
const (
	NoteDeviceCodeDisabled NoteCode = "device_code_disabled" // the server has no device codes; the browser is used instead
	NoteThroughProxy       NoteCode = "through_proxy"        // the tokens are fetched through the proxy Holder, as the variable Where says
	NoteBrowserFailed      NoteCode = "browser_failed"       // the browser did not start
	NoteOtherPort          NoteCode = "other_port"           // 1455 was taken, 1457 is used; Holder has it
	NoteWindowsPort        NoteCode = "windows_port"         // in WSL: Holder listens on the port in Windows, where the browser looks; Where is the port
	NoteWrongState         NoteCode = "wrong_state"          // an answer of another sign-in came in and was refused
	NoteCodeEnded          NoteCode = "code_ended"           // the one-time code works no more, the other ways do; Err says why
	NoteCodeRefused        NoteCode = "code_refused"         // the code that was pasted is none; the sign-in waits for another answer. Err is what the server said
	NoteRetrying           NoteCode = "retrying"             // the network or the server failed; it is tried again
	NoteSlowDown           NoteCode = "slow_down"            // the server asked for fewer questions
	NoteRecovered          NoteCode = "recovered"            // it works again
	NoteExchanging         NoteCode = "exchanging"           // the answer arrived; the login is being fetched and stored
	NoteKeyringPrompt      NoteCode = "keyring_prompt"       // the keyring asks the person for its password, in a window of its own
	NoteKeyringUnusable    NoteCode = "keyring_unusable"     // automatic choice took the file; Err says why
	NoteStoreConfigured    NoteCode = "store_configured"     // cli_auth_credentials_store was written to config.toml
	NoteStoreNotConfigured NoteCode = "store_not_configured" // it could not be written: Codex looks elsewhere; Err says why
	NoteOldCopyLeft        NoteCode = "old_copy_left"        // the former place could not be cleared; Err says why
	NoteNotFetched         NoteCode = "not_fetched"          // Where may hold a login that nobody reads, and does not open; Err says why
	NoteUnreadableKept     NoteCode = "unreadable_kept"      // the file that was replaced could not be read; a copy is at Where
	NoteActiveUnreadable   NoteCode = "active_unreadable"    // the active login cannot be read; Err says why
	NoteMended             NoteCode = "mended"               // a change that was cut off has been finished
	NoteMoveMended         NoteCode = "move_mended"          // a move between stores that was cut off has been finished; Where is the store
	NoteNotMended          NoteCode = "not_mended"           // it could not be finished now; Err says why
	NoteNewerTaken         NoteCode = "newer_taken"          // the book had later tokens of the active session; they are in their place now
	NotePageLeft           NoteCode = "page_left"            // the copy in the book could not be removed; Err says why
	NotePagesLeft          NoteCode = "pages_left"           // not all logins of the book could follow to the store; Err says why
	NoteCardFailed         NoteCode = "card_failed"          // the list of accounts could not be brought up to date; Err says why
	NoteLogNotWritten      NoteCode = "log_not_written"      // the login log at Where cannot be written; Err says why
	NoteRenewalMissed      NoteCode = "renewal_missed"       // a running Codex may have renewed the account that was left at this moment
)

// Note is something that a worker says while it goes on working.
type Note struct {
	Code   NoteCode
	At     time.Time
	Err    error  // the cause, for Explain; nil for most
	Holder string // the program that holds a port
	Where  string // a path
}

// Notes returns everything said so far, oldest first.
func (c *Challenge) Notes() []Note {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]Note(nil), c.notes...)
}

// note records n unless it would repeat the last one.
func (c *Challenge) note(n Note) {
	c.mu.Lock()
	repeated := len(c.notes) > 0 && c.notes[len(c.notes)-1].Code == n.Code
	if !repeated {
		c.notes = append(c.notes, n)
	}
	c.mu.Unlock()
	if !repeated {
		c.login.logNote(n)
	}
}

// Answer takes what the person pasted while Finish waits: in the browser flow
// the redirect URL, or the bare code. It returns an *InputError when the text
// cannot be that, and nothing has changed then.
func (c *Challenge) Answer(text string) error {
	if b, ok := c.flow.(*browserFlow); ok {
		return b.paste(text)
	}
	return &InputError{Problem: InputNotExpected}
}

// Close frees the listener and ends a Finish that still waits. It may be
// called more than once.
func (c *Challenge) Close() { c.flow.close() }

func (c *Challenge) settle(err error) { c.flow.settle(err) }
