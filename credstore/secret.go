package credstore

import (
	"fmt"
	"log/slog"
)

// Secret is a key, a token or anything else that lets its holder act as the
// person. Every way of printing or encoding it redacts; Reveal is the only way
// to the text, so that every use can be found.
type Secret struct{ text string }

const redacted = "[redacted]"

// NewSecret wraps text.
func NewSecret(text string) Secret { return Secret{text} }

// Reveal returns the secret text.
func (s Secret) Reveal() string { return s.text }

// Empty reports whether there is no secret.
func (s Secret) Empty() bool { return s.text == "" }

// Len is the length in bytes.
func (s Secret) Len() int { return len(s.text) }

// Hint is the form that Codex itself shows: the first eight characters, three
// stars and the last five; only stars for 13 characters or fewer.
func (s Secret) Hint() string {
	r := []rune(s.text)
	if len(r) <= 13 {
		return "***"
	}
	return string(r[:8]) + "***" + string(r[len(r)-5:])
}

func (Secret) String() string                 { return redacted }
func (Secret) GoString() string               { return redacted }
func (Secret) LogValue() slog.Value           { return slog.StringValue(redacted) }
func (Secret) MarshalText() ([]byte, error)   { return []byte(redacted), nil }
func (Secret) Format(f fmt.State, _ rune)     { _, _ = f.Write([]byte(redacted)) }
