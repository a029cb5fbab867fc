package credstore

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"unicode/utf8"
)

// encoding/json alone will not do: it matches keys in any case, lets the last
// duplicate win and loses the raw text. It checks the syntax; the pieces are
// then picked out here with their offsets.

// member is one member of a JSON object.
type member struct {
	name       string
	key, value []byte // raw, the key with its quotes
	at         int    // offset of value in the document
	lone       bool   // the key holds half a surrogate pair
}

// shapeError is what is wrong with a document and where. It never holds
// anything out of the document.
type shapeError struct {
	at     int
	detail string
}

func (e *shapeError) Error() string { return e.detail }

func shape(at int, format string, args ...any) error {
	return &shapeError{at, fmt.Sprintf(format, args...)}
}

// checkJSON reports whether src is one JSON value in UTF-8.
func checkJSON(src []byte) error {
	if bytes.HasPrefix(src, []byte("\uFEFF")) {
		return shape(0, "it begins with a byte order mark; save it as UTF-8 without one")
	}
	for i := 0; i < len(src); {
		r, n := utf8.DecodeRune(src[i:])
		if r == utf8.RuneError && n == 1 {
			return shape(i, "it is not UTF-8 text")
		}
		i += n
	}
	if len(bytes.TrimSpace(src)) == 0 {
		return shape(0, "it is empty")
	}
	// The text of a syntax error quotes the document: only its offset is used.
	var syntax *json.SyntaxError
	err := json.Unmarshal(src, new(json.RawMessage))
	if err == nil {
		return nil
	}
	if !errors.As(err, &syntax) {
		return shape(0, "it is not valid JSON")
	}
	if at := int(syntax.Offset); at > 0 && json.Unmarshal(append(src[:at-1:at-1], ' '), new(json.RawMessage)) == nil {
		return shape(at-1, "there is more text after the end of the JSON value")
	}
	if syntax.Error() == "unexpected end of JSON input" {
		return shape(len(src), "it breaks off before the JSON value ends")
	}
	return shape(max(0, int(syntax.Offset)-1), "it is not valid JSON here")
}

// members takes apart an object of a checked document that starts at offset at.
func members(object []byte, at int) []member {
	var list []member
	dec := json.NewDecoder(bytes.NewReader(object))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return nil
	}
	for dec.More() {
		from := dec.InputOffset()
		name, err := dec.Token()
		if err != nil {
			return list
		}
		key := bytes.TrimLeft(object[from:dec.InputOffset()], ", \t\r\n")
		var value json.RawMessage
		if dec.Decode(&value) != nil {
			return list
		}
		start := int(dec.InputOffset()) - len(value)
		text, _ := name.(string)
		list = append(list, member{text, key, object[start : start+len(value)], at + start, loneSurrogate(key)})
	}
	return list
}

// fields takes apart the object in m and sorts its members into known ones by
// name and the rest in their order. As Codex does, it refuses a known name
// that comes twice and lets unknown ones repeat.
func fields(m member, what string, known ...string) (map[string]member, []member, error) {
	if !isObject(m.value) {
		return nil, nil, shape(m.at, "%s is not an object", what)
	}
	byName := make(map[string]member, len(known))
	var extra []member
	for _, f := range members(m.value, m.at) {
		_, twice := byName[f.name]
		switch {
		case f.lone:
			return nil, nil, shape(f.at, "a name in %s holds half a surrogate pair", what)
		case !slices.Contains(known, f.name):
			extra = append(extra, f)
		case twice:
			return nil, nil, shape(f.at, "%q comes twice", f.name)
		default:
			byName[f.name] = f
		}
	}
	return byName, extra, nil
}

func isObject(raw []byte) bool { return len(raw) > 0 && raw[0] == '{' }
func isNull(raw []byte) bool   { return len(raw) == 0 || string(raw) == "null" }

// optionalText reads a string; null and an absent member are nil.
func optionalText(m member, what string) (*string, error) {
	if isNull(m.value) {
		return nil, nil
	}
	var s string
	if m.value[0] != '"' || json.Unmarshal(m.value, &s) != nil {
		return nil, shape(m.at, "%q is not a string", what)
	}
	if loneSurrogate(m.value) {
		return nil, shape(m.at, "%q holds half a surrogate pair", what)
	}
	return &s, nil
}

// requiredText reads a string that must be there; at is where it is missed.
func requiredText(m member, what string, at int) (string, error) {
	s, err := optionalText(m, what)
	if err == nil && s == nil {
		return "", shape(max(at, m.at), "%q is missing", what)
	}
	if err != nil {
		return "", err
	}
	return *s, nil
}

// loneSurrogate reports an escaped half of a surrogate pair in a raw string:
// Codex refuses it, encoding/json would replace it.
func loneSurrogate(raw []byte) bool {
	for i := 0; i+1 < len(raw); i++ {
		if raw[i] != '\\' {
			continue
		}
		i++
		unit, ok := hexUnit(raw, i)
		if !ok || unit < 0xD800 || unit > 0xDFFF {
			continue
		}
		low, ok := hexUnit(raw, i+6)
		if unit > 0xDBFF || !ok || raw[i+5] != '\\' || low < 0xDC00 || low > 0xDFFF {
			return true
		}
		i += 10
	}
	return false
}

// hexUnit reads the uXXXX at i.
func hexUnit(raw []byte, i int) (uint64, bool) {
	if i+5 > len(raw) || raw[i] != 'u' {
		return 0, false
	}
	n, err := strconv.ParseUint(string(raw[i+1:i+5]), 16, 16)
	return n, err == nil
}

// quote writes a string as serde_json does: only what must be escaped is, with
// the short form where there is one.
func quote(s string) []byte {
	out := make([]byte, 0, len(s)+2)
	out = append(out, '"')
	for _, c := range []byte(s) {
		if i := bytes.IndexByte([]byte("\"\\\b\f\n\r\t"), c); i >= 0 {
			out = append(out, '\\', `"\bfnrt`[i])
		} else if c < 0x20 {
			out = fmt.Appendf(out, `\u%04x`, c)
		} else {
			out = append(out, c)
		}
	}
	return append(out, '"')
}
