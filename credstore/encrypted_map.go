package credstore

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
)

// secretMapVersion is the newest version of the map that is known.
const secretMapVersion = 1

// secretMap is the text in Codex's encrypted file:
//
//	{"version":1,"secrets":{"global/CODEX_AUTH":"{…}"}}
//
// A member's name is a scope and a name, its value a string. What is not the
// login stays byte for byte.
type secretMap struct {
	text    []byte
	at      int // offset of the value of "secrets"
	length  int
	members []member
}

func emptySecretMap() *secretMap {
	m, err := parseSecretMap([]byte(`{"version":1,"secrets":{}}`))
	if err != nil {
		panic(err)
	}
	return m
}

// parseSecretMap reads a map as Codex 0.169 does: both known members must be
// there, once; of a secret that comes twice the last counts; what is unknown is
// let through. The error is a *sealError that quotes nothing.
func parseSecretMap(text []byte) (*secretMap, error) {
	if err := checkJSON(text); err != nil {
		return nil, notAMap(text, err)
	}
	start := len(text) - len(bytes.TrimLeft(text, " \t\r\n"))
	known, _, err := fields(member{value: bytes.TrimSpace(text), at: start}, "the map", "version", "secrets")
	if err != nil {
		return nil, notAMap(text, err)
	}
	version, secrets := known["version"], known["secrets"]
	n, err := strconv.ParseUint(string(version.value), 10, 8)
	switch {
	case errors.Is(err, strconv.ErrRange), err == nil && n > secretMapVersion:
		return nil, &sealError{ProblemNewer, fmt.Sprintf("it is of version %s", version.value)}
	case err != nil:
		return nil, notAMap(text, shape(version.at, "its version is no number"))
	case !isObject(secrets.value):
		return nil, notAMap(text, shape(secrets.at, "it has no map of secrets"))
	}
	m := &secretMap{text: text, at: secrets.at, length: len(secrets.value), members: members(secrets.value, secrets.at)}
	for _, s := range m.members {
		if s.lone || len(s.value) == 0 || s.value[0] != '"' || loneSurrogate(s.value) {
			return nil, notAMap(text, shape(s.at, "one of its secrets is not a string"))
		}
	}
	return m, nil
}

func notAMap(text []byte, err error) error {
	var s *shapeError
	if !errors.As(err, &s) {
		return &sealError{ProblemDamaged, err.Error()}
	}
	line, column := position(text, s.at)
	return &sealError{ProblemDamaged, fmt.Sprintf("what is in it cannot be read, line %d, column %d: %s", line, column, s.detail)}
}

// get returns a secret by its name.
func (m *secretMap) get(name string) (value string, ok bool) {
	for _, s := range m.members {
		if s.name == name {
			ok = json.Unmarshal(s.value, &value) == nil
		}
	}
	return value, ok
}

// with is the text of the map with a secret set, in its place or at the end.
func (m *secretMap) with(name, value string) []byte { return m.splice(name, quote(value)) }

// without is the text of the map without a secret.
func (m *secretMap) without(name string) []byte { return m.splice(name, nil) }

func (m *secretMap) splice(name string, value []byte) []byte {
	var out bytes.Buffer
	put := func(key, value []byte) {
		if out.Len() > 0 {
			out.WriteByte(',')
		}
		out.Write(key)
		out.WriteByte(':')
		out.Write(value)
	}
	for _, s := range m.members {
		switch {
		case s.name != name:
			put(s.key, s.value)
		case value != nil:
			put(s.key, value)
			value = nil // whichever comes again was the same secret
		}
	}
	if value != nil {
		put(quote(name), value)
	}
	text := bytes.Clone(m.text[:m.at])
	text = append(text, '{')
	text = append(text, out.Bytes()...)
	text = append(text, '}')
	return append(text, m.text[m.at+m.length:]...)
}
