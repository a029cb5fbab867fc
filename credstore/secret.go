package credstore

import (
	"fmt"
	"log/slog"
	"unique"

	"codex-login/assets/display"
)

// Secret is a key, a token or anything else that lets its holder act as the
// person. Every way of printing or encoding it redacts; Reveal is the only way
// to the text, so that every use can be found. Secrets compare with ==.
type Secret struct {
	// A handle, not a string: fmt calls no method on the unexported fields of
	// somebody else's struct, it prints what they hold. Of a handle that is an
	// address.
	text unique.Handle[string]
}

const redacted = "[redacted]"

// NewSecret wraps text.
func NewSecret(text string) Secret {
	if text == "" {
		return Secret{}
	}
	return Secret{unique.Make(text)}
}

// Reveal returns the secret text.
func (s Secret) Reveal() string {
	if s.Empty() {
		return ""
	}
	return s.text.Value()
}

// Empty reports whether there is no secret.
func (s Secret) Empty() bool { return s == Secret{} }

// Len is the length in bytes.
func (s Secret) Len() int { return len(s.Reveal()) }

// Hint is the form that Codex itself shows: the first eight characters, three
// stars and the last five; only stars for 13 characters or fewer. Characters
// that a terminal would obey are left out.
func (s Secret) Hint() string {
	r := []rune(s.Reveal())
	if len(r) <= 13 {
		return "***"
	}
	return display.Clean(string(r[:8])) + "***" + display.Clean(string(r[len(r)-5:]))
}

func (Secret) String() string               { return redacted }
func (Secret) GoString() string             { return redacted }
func (Secret) LogValue() slog.Value         { return slog.StringValue(redacted) }
func (Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }
func (Secret) Format(f fmt.State, _ rune)   { _, _ = f.Write([]byte(redacted)) }
