package policy

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"
)

var bareKey = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

// SetUserValue sets one root key of config.toml in home to a text and touches
// no other byte: comments, order, spacing and line endings stay. The file is
// made (0600) when absent, replaced in one step, and left alone when it does
// not parse (*ConfigError) or holds the value already. A symbolic link is
// followed.
func SetUserValue(home, key, value string) error {
	path, err := userFile(home, key)
	if err != nil {
		return err
	}
	// Codex writes this file too; when it did so meanwhile, begin again.
	const attempts = 3
	for range attempts {
		err = setValue(path, key, value, replaceFile)
		if !errors.Is(err, errChanged) {
			return writeError(path, err)
		}
	}
	return writeError(path, err)
}

// CanSetUserValue tells beforehand whether SetUserValue would work, and changes
// nothing.
func CanSetUserValue(home, key, value string) error {
	if _, err := os.Stat(home); errors.Is(err, fs.ErrNotExist) {
		return nil // whoever saves a login there makes it first
	}
	path, err := userFile(home, key)
	if err != nil {
		return err
	}
	return writeError(path, setValue(path, key, value, tryReplace))
}

// WithUserValue is SetUserValue for the text of a config.toml of another machine:
// it returns the new text, the same where the value is set already.
func WithUserValue(text []byte, file, key, value string) ([]byte, error) {
	return setRoot(text, key, value, Source{Layer: LayerUser, File: file})
}

// userFile is the file that config.toml is.
func userFile(home, key string) (string, error) {
	if !bareKey.MatchString(key) {
		return "", fmt.Errorf("%q is not a plain key", key)
	}
	return followLink(filepath.Join(home, "config.toml"))
}

// writeError says of a system's error which file it is about.
func writeError(path string, err error) error {
	var config *ConfigError
	if err == nil || errors.As(err, &config) {
		return err
	}
	problem := "cannot be written"
	switch {
	case errors.Is(err, fs.ErrPermission):
		problem = "cannot be written: the system does not permit it"
	case errors.Is(err, errChanged):
		problem = errChanged.Error()
	}
	return &ConfigError{Layer: LayerUser, File: path, Problem: problem, Err: err}
}

var errChanged = errors.New("the file changes while it is being edited; try again")

func setValue(path, key, value string, replace func(path string, old, text []byte) error) error {
	at := Source{Layer: LayerUser, File: path}
	old, err := readFile(path)
	var problem *ConfigError
	switch {
	case errors.Is(err, fs.ErrNotExist):
		old = nil
	case errors.As(err, &problem):
		problem.Layer, problem.File = at.Layer, at.File
		return problem
	case err != nil:
		return readError(at, err)
	}
	edited, err := setRoot(old, key, value, at)
	if err != nil || (bytes.Equal(edited, old) && old != nil) {
		return err
	}
	return replace(path, old, edited)
}

// setRoot returns the document with one root key set. The result is parsed
// again: nothing else may differ.
func setRoot(text []byte, key, value string, at Source) ([]byte, error) {
	before, err := decode(text, at)
	if err != nil {
		return nil, err
	}
	if before[key] == value {
		return text, nil
	}
	edited := splice(text, key, quote(value))
	after, err := decode(edited, at)
	if err != nil || after[key] != value || !sameBut(key, before, after) {
		return nil, &ConfigError{Layer: at.Layer, File: at.File, Key: key, Problem: "cannot be set here without changing other settings; edit the file by hand"}
	}
	return edited, nil
}

// decode parses a document for comparison. It returns an error, and not a
// *ConfigError, so that a nil one is nil.
func decode(text []byte, at Source) (map[string]any, error) {
	values := map[string]any{}
	if err := toml.Unmarshal(bytes.TrimPrefix(text, utf8BOM), &values); err != nil {
		return nil, syntaxError(at, err)
	}
	return values, nil
}

// sameBut compares as printed Go values, for not-a-number differs from itself.
func sameBut(key string, a, b map[string]any) bool {
	_, had := a[key]
	want := len(a)
	if !had {
		want++
	}
	if len(b) != want {
		return false
	}
	for k, v := range a {
		if k != key && fmt.Sprintf("%#v", v) != fmt.Sprintf("%#v", b[k]) {
			return false
		}
	}
	return true
}

// splice puts a value into a valid document: over the old one, else on a line
// after the last root key, else at the end when there is no table, else at the
// top.
func splice(text []byte, key, value string) []byte {
	bom := len(text) - len(bytes.TrimPrefix(text, utf8BOM))
	body := text[bom:]
	newline := "\n"
	if i := bytes.IndexByte(body, '\n'); i > 0 && body[i-1] == '\r' {
		newline = "\r\n"
	}
	var p unstable.Parser
	p.Reset(body)
	lastRoot, hasTable := -1, false
	for p.NextExpression() {
		n := p.Expression()
		if n.Kind != unstable.KeyValue {
			hasTable = true
			break
		}
		start, end := valueSpan(body, n)
		if isKey(n, key) {
			return join(text[:bom+start], value, text[bom+end:])
		}
		lastRoot = end
	}
	line := key + " = " + value + newline
	switch {
	case lastRoot >= 0:
		return insertLine(text, bom+lastRoot, line, newline)
	case !hasTable:
		return insertLine(text, len(text), line, newline)
	case !bytes.HasPrefix(body, []byte(newline)):
		line += newline // an empty line before what stood first
	}
	return join(text[:bom], line, text[bom:])
}

// insertLine puts a line after the one that holds offset.
func insertLine(text []byte, offset int, line, newline string) []byte {
	if n := bytes.IndexByte(text[offset:], '\n'); n >= 0 {
		return join(text[:offset+n+1], line, text[offset+n+1:])
	}
	if body := bytes.TrimPrefix(text, utf8BOM); len(body) > 0 && body[len(body)-1] != '\n' {
		line = newline + line
	}
	return join(text, line, nil)
}

// valueSpan finds the bytes of a value: from behind the equals sign to the end
// of the expression.
func valueSpan(body []byte, n *unstable.Node) (start, end int) {
	end = int(n.Raw.Offset + n.Raw.Length)
	for keys := n.Key(); keys.Next(); {
		raw := keys.Node().Raw
		start = int(raw.Offset + raw.Length)
	}
	start += bytes.IndexByte(body[start:], '=') + 1
	for start < end && (body[start] == ' ' || body[start] == '\t') {
		start++
	}
	return start, end
}

func isKey(n *unstable.Node, key string) bool {
	keys := n.Key()
	return keys.Next() && keys.IsLast() && string(keys.Node().Data) == key
}

func join(head []byte, middle string, tail []byte) []byte {
	return append(append(bytes.Clone(head), middle...), tail...)
}

// quote writes a TOML basic string.
func quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range strings.ToValidUTF8(s, "\uFFFD") {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r < ' ' || r == 0x7f:
			b.WriteString(`\u` + strconv.FormatInt(0x10000+int64(r), 16)[1:])
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}
