package policy

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/pelletier/go-toml/v2"
)

// ConfigError is a layer that cannot be read or a value that cannot be used.
// It never holds a value.
type ConfigError struct {
	Layer   Layer
	File    string // empty for -c and managed preferences
	Line    int    // from 1; 0 when the whole file is meant
	Column  int    // from 1, in bytes; 0 when the whole line is meant
	Key     string // the setting; empty when the file itself is at fault
	Problem string // what is wrong, in plain words
	Err     error  // what the system said; nil for contents
	// Preference is the key of macOS's managed preferences, in place of a file.
	Preference string
}

// Source is the place of the fault.
func (e *ConfigError) Source() Source {
	return Source{Layer: e.Layer, File: e.File, Line: e.Line, Preference: e.Preference}
}

func (e *ConfigError) Error() string {
	place := e.Source().String()
	if e.Line > 0 && e.Column > 0 {
		place = fmt.Sprintf("%s:%d", place, e.Column)
	}
	if e.Key != "" {
		return fmt.Sprintf("%s: %s %s", place, e.Key, e.Problem)
	}
	return fmt.Sprintf("%s: %s", place, e.Problem)
}

func (e *ConfigError) Unwrap() error { return e.Err }

// ConflictError says that the rules together leave no way to sign in. Codex
// then refuses every command.
type ConflictError struct {
	Demands []Demand
}

func (e *ConflictError) Error() string {
	said := make([]string, len(e.Demands))
	for i, d := range e.Demands {
		values := strings.Join(cleanAll(d.Values), ", ")
		if values == "" {
			values = "nothing"
		}
		said[i] = fmt.Sprintf("%s accepts %s (%s)", d.Rule, values, d.Source)
	}
	return "the admin rules leave no way to sign in: " + strings.Join(said, "; ")
}

// CodexMessage is the line that Codex 0.169 prints.
func (e *ConflictError) CodexMessage() string {
	return "Error loading configuration: authentication requirements do not permit any usable login method"
}

// syntaxProblem words a parser's complaint. The parser quotes characters of
// the file, so its own text is looked at and never passed on.
func syntaxProblem(err error) string {
	said := err.Error()
	for _, known := range []struct{ part, plain string }{
		{"already", "this key or table stands twice"},
		{"should be a table", "this key or table stands twice"},
		{"strings must be quoted", "a text must stand in quotes"},
		{"start of value", "a value cannot begin like this; a text must stand in quotes"},
		{"expected keyword", "a value cannot begin like this; a text must stand in quotes"},
		{"expected value", "the value is missing"},
		{"expected '='", "an equals sign is missing after the key"},
		{"start of key", "a key cannot begin like this"},
		{"to close", "the name of the table is not closed"},
		{"expected newline", "something stands after the end of the value"},
		{"incomplete", "the list or table is not closed"},
		{"array value", "a comma or the end of the list is missing"},
		{"inline table", "a comma or the end of the table is missing"},
		{"terminated", "the text is not closed"},
		{"new lines", "the text is not closed"},
		{"control characters", "a control character stands in the file"},
		{"carriage return", "a carriage return stands without a line feed"},
		{"escape", "a backslash in a text begins nothing that TOML knows"},
		{"UTF-8", "the file is not valid UTF-8"},
		{"too large", "the number is too large"},
	} {
		if strings.Contains(said, known.part) {
			return known.plain
		}
	}
	return "this is not valid TOML"
}

// syntaxError places a parser's complaint.
func syntaxError(at Source, err error) *ConfigError {
	e := &ConfigError{Layer: at.Layer, File: at.File, Preference: at.Preference, Problem: syntaxProblem(err)}
	var decode *toml.DecodeError
	if errors.As(err, &decode) {
		e.Line, e.Column = decode.Position()
	}
	return e
}

// readError words what the system said without repeating the path.
func readError(at Source, err error) *ConfigError {
	var path *fs.PathError
	cause := err
	if errors.As(err, &path) {
		cause = path.Err
	}
	return &ConfigError{Layer: at.Layer, File: at.File, Preference: at.Preference, Problem: "cannot be read: " + cause.Error(), Err: err}
}
