package credstore

import (
	"bytes"
	"encoding/json"
	"strings"
)

// Encode writes the document as Codex writes auth.json: two spaces of indent,
// no final newline, Codex's order of members; then the unknown members in the
// order and the spelling in which they were read. A document that Codex wrote
// comes out as the same bytes.
func (a *Auth) Encode() []byte { return a.encode(false) }

// EncodeCompact writes the document as Codex writes a keyring entry: one line.
func (a *Auth) EncodeCompact() []byte { return a.encode(true) }

func (a *Auth) encode(compact bool) []byte {
	o := object{compact: compact, odd: a.odd}
	o.text(keyMode, string(a.Mode), false)
	if a.APIKey == nil {
		o.add(quote(keyAPIKey), []byte("null"))
	} else {
		o.text(keyAPIKey, a.APIKey.Reveal(), true)
	}
	if a.Tokens != nil {
		o.add(quote(keyTokens), a.Tokens.encode(compact))
	}
	if !a.LastRefresh.IsZero() {
		o.text(keyLastRefresh, formatTimestamp(a.LastRefresh), false)
	}
	o.raw(keyAgent, a.agentIdentity)
	o.text(keyPAT, a.PersonalAccessToken.Reveal(), false)
	o.raw(keyBedrockKey, a.bedrockAPIKey)
	o.raw(keyBedrockKeys, a.bedrockAccessKeys)
	o.unknown(a.extra)
	return o.bytes()
}

func (t *Tokens) encode(compact bool) []byte {
	o := object{compact: compact, odd: t.odd, depth: 1}
	o.text(keyIDToken, t.IDToken.Reveal(), true)
	o.text(keyAccessToken, t.AccessToken.Reveal(), true)
	o.text(keyRefreshToken, t.RefreshToken.Reveal(), true)
	if p := t.Provenance; p != nil {
		if odd, ok := t.odd[keyProvenance]; ok && odd.value == p.Issuer+"\x00"+p.ClientID {
			o.raw(keyProvenance, []byte(odd.raw))
		} else {
			in := object{compact: compact, depth: 2}
			in.text(keyIssuer, p.Issuer, true)
			in.text(keyClientID, p.ClientID, true)
			o.add(quote(keyProvenance), in.bytes())
		}
	}
	o.text(keyLoginOwner, t.LoginOwnerID, false)
	if odd, ok := t.odd[keyAccountID]; t.AccountID == "" && (!ok || odd.value != "") {
		o.add(quote(keyAccountID), []byte("null"))
	} else {
		o.text(keyAccountID, t.AccountID, true)
	}
	o.unknown(t.extra)
	return o.bytes()
}

// object collects the members of one JSON object.
type object struct {
	compact bool
	depth   int // objects around this one
	odd     oddities
	buf     bytes.Buffer
}

func (o *object) add(key, value []byte) {
	if o.buf.Len() > 0 {
		o.buf.WriteByte(',')
	}
	if !o.compact {
		o.buf.WriteString("\n" + strings.Repeat("  ", o.depth+1))
	}
	o.buf.Write(key)
	o.buf.WriteByte(':')
	if !o.compact {
		o.buf.WriteByte(' ')
	}
	o.buf.Write(value)
}

// text adds a string, spelled as it was read if it has not changed; an empty
// one only when always is set or it was read as one.
func (o *object) text(name, value string, always bool) {
	if odd, ok := o.odd[name]; ok && odd.value == value {
		o.add(quote(name), []byte(odd.raw))
	} else if value != "" || always {
		o.add(quote(name), quote(value))
	}
}

// raw adds a value of Codex's own that is kept as JSON, laid out anew.
func (o *object) raw(name string, value []byte) {
	if value == nil {
		return
	}
	var b bytes.Buffer
	if o.compact {
		_ = json.Compact(&b, value)
	} else {
		_ = json.Indent(&b, value, strings.Repeat("  ", o.depth+1), "  ")
	}
	o.add(quote(name), b.Bytes())
}

// unknown adds members byte for byte, in one line where the form has only one.
func (o *object) unknown(list []member) {
	for _, m := range list {
		value := m.value
		if o.compact {
			var b bytes.Buffer
			_ = json.Compact(&b, value)
			value = b.Bytes()
		}
		o.add(m.key, value)
	}
}

func (o *object) bytes() []byte {
	if o.buf.Len() == 0 {
		return []byte("{}")
	}
	out := append([]byte("{"), o.buf.Bytes()...)
	if !o.compact {
		out = append(out, "\n"+strings.Repeat("  ", o.depth)...)
	}
	return append(out, '}')
}
