package policy

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"
)

// A table is one level of a TOML document whose values remember their place.
type table map[string]entry

type entry struct {
	value  any // table, or what go-toml decodes: string, bool, []any, …
	source Source
	column int
}

// utf8BOM may stand at the start of a file; Codex accepts it.
var utf8BOM = []byte("\xef\xbb\xbf")

// parseDocument reads a whole TOML document.
func parseDocument(text []byte, at Source) (table, *ConfigError) {
	text = bytes.TrimPrefix(text, utf8BOM)
	var values map[string]any
	if err := toml.Unmarshal(text, &values); err != nil {
		return nil, syntaxError(at, err)
	}
	if where, deep := tooDeep(text); deep {
		return nil, &ConfigError{
			Layer: at.Layer, File: at.File, Preference: at.Preference, Line: where.Line, Column: where.Column,
			Problem: fmt.Sprintf("this is nested more than %d deep", nestingLimit),
		}
	}
	return place(values, "", entry{source: at}, positions(text)), nil
}

// nestingLimit is how many lists, inline tables and parts of a dotted key Codex
// 0.169 reads inside of each other.
const nestingLimit = 80

// tooDeep finds the first key of a valid document over that limit.
func tooDeep(text []byte) (unstable.Position, bool) {
	var p unstable.Parser
	p.Reset(text)
	lines := lineCounter{text: text, line: 1}
	for p.NextExpression() {
		n := p.Expression()
		keys, parts := n.Key(), 0
		var first unstable.Range
		for keys.Next() {
			if parts++; parts == 1 {
				first = keys.Node().Raw
			}
		}
		if parts > nestingLimit || n.Kind == unstable.KeyValue && nesting(n.Value()) > nestingLimit {
			return lines.at(int(first.Offset)), true
		}
	}
	return unstable.Position{}, false
}

// nesting counts the lists and inline tables that stand inside of each other.
func nesting(n *unstable.Node) int {
	switch n.Kind {
	case unstable.KeyValue:
		return nesting(n.Value())
	case unstable.Array, unstable.InlineTable:
	default:
		return 0
	}
	deepest := 0
	for it := n.Children(); it.Next(); {
		deepest = max(deepest, nesting(it.Node()))
	}
	return deepest + 1
}

// place joins values with their positions. What has none of its own, such as
// a part of a table array, takes that of the table around it.
func place(values map[string]any, path string, around entry, known map[string]unstable.Position) table {
	t := make(table, len(values))
	for key, v := range values {
		e := around
		name := joinPath(path, key)
		if p, ok := known[name]; ok {
			e.source.Line, e.column = p.Line, p.Column
		}
		e.value = v
		if inner, ok := v.(map[string]any); ok {
			e.value = place(inner, name, e, known)
		}
		t[key] = e
	}
	return t
}

// joinPath makes one string of a dotted key such that no two keys look alike.
func joinPath(path, key string) string { return fmt.Sprintf("%s%q.", path, key) }

// positions finds where each key of a valid document is first set.
func positions(text []byte) map[string]unstable.Position {
	found := map[string]unstable.Position{}
	lines := lineCounter{text: text, line: 1}
	var p unstable.Parser
	p.Reset(text)
	header := ""
	var walk func(prefix string, n *unstable.Node)
	note := func(prefix string, keys unstable.Iterator) string {
		for keys.Next() {
			prefix = joinPath(prefix, string(keys.Node().Data))
			if _, ok := found[prefix]; !ok {
				found[prefix] = lines.at(int(keys.Node().Raw.Offset))
			}
		}
		return prefix
	}
	walk = func(prefix string, n *unstable.Node) {
		path := note(prefix, n.Key())
		if v := n.Value(); v.Kind == unstable.InlineTable {
			for it := v.Children(); it.Next(); {
				walk(path, it.Node())
			}
		}
	}
	for p.NextExpression() {
		switch n := p.Expression(); n.Kind {
		case unstable.Table, unstable.ArrayTable:
			header = note("", n.Key())
		case unstable.KeyValue:
			walk(header, n)
		}
	}
	return found
}

// lineCounter turns growing offsets into lines without counting from the top
// each time.
type lineCounter struct {
	text   []byte
	offset int // where the current line begins
	line   int
}

func (c *lineCounter) at(offset int) unstable.Position {
	if offset < c.offset {
		c.offset, c.line = 0, 1
	}
	for {
		n := bytes.IndexByte(c.text[c.offset:offset], '\n')
		if n < 0 {
			return unstable.Position{Offset: offset, Line: c.line, Column: offset - c.offset + 1}
		}
		c.offset += n + 1
		c.line++
	}
}

// merge lays over upon t: tables are joined, anything else is replaced. What
// was over stays as it is, whatever is merged into t later.
func (t table) merge(over table) {
	for key, e := range over {
		upper, isTable := e.value.(table)
		if isTable {
			joined := table{}
			if lower, ok := t[key].value.(table); ok {
				joined = lower
			}
			joined.merge(upper)
			e.value = joined
		}
		t[key] = e
	}
}

// override sets one -c key=value. Codex splits the key at every dot, quoted or
// not, and takes the value as a TOML value or else as a literal text.
func (t table) override(text string, at Source) *ConfigError {
	key, raw, found := strings.Cut(text, "=")
	key = strings.TrimSpace(key)
	switch {
	case !found:
		return &ConfigError{Layer: at.Layer, Line: at.Line, Problem: "an equals sign is missing: write key=value"}
	case key == "":
		return &ConfigError{Layer: at.Layer, Line: at.Line, Problem: "the key is missing: write key=value"}
	}
	path := strings.Split(key, ".")
	for _, part := range path[:len(path)-1] {
		inner, ok := t[part].value.(table)
		if !ok {
			inner = table{}
			t[part] = entry{value: inner, source: at}
		}
		t = inner
	}
	t[path[len(path)-1]] = entry{value: overrideValue(strings.TrimSpace(raw), at), source: at}
	return nil
}

func overrideValue(raw string, at Source) any {
	const key = "v"
	var values map[string]any
	if err := toml.Unmarshal([]byte(key+" = "+raw), &values); err != nil {
		return strings.Trim(raw, `"'`)
	}
	return place(values, "", entry{source: at}, nil)[key].value
}
