package tui

import (
	"slices"
	"strings"

	"codex-login/assets/display"
	"codex-login/flows"

	"github.com/charmbracelet/x/ansi"
)

// roster is the accounts as a list to look through. What a search and a column
// need is worked out once: there may be thousands. It is never changed.
type roster struct {
	entries []flows.Entry
	texts   []string // what a filter looks in, in lower case
	name    int      // width of the widest name
	kind    int      // and of the widest kind
}

// widestName is enough for any e-mail address that a person types.
const widestName = 60

func newRoster(e *env, entries []flows.Entry) *roster {
	r := &roster{entries: entries, texts: make([]string, len(entries))}
	for i, a := range entries {
		name, also := e.name(a)
		kind := e.kind(a.Account)
		w := ansi.StringWidth(name)
		if also != "" {
			w += 2 + ansi.StringWidth(also)
		}
		r.name = min(max(r.name, w), widestName)
		r.kind = min(max(r.kind, ansi.StringWidth(kind)), widestName)
		r.texts[i] = strings.ToLower(strings.Join([]string{name, also, kind, display.Clean(a.Email), display.Clean(a.WorkspaceID), a.ID}, "\n"))
	}
	return r
}

// matches are the entries in which every word of the query occurs.
func (r *roster) matches(query string) []int {
	words := wordsOf(query)
	out := make([]int, 0, len(r.entries))
	for i, text := range r.texts {
		if !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(text, w) }) {
			out = append(out, i)
		}
	}
	return out
}

func wordsOf(query string) []string { return strings.Fields(strings.ToLower(query)) }

// at is the entry with an id, or -1.
func (r *roster) at(id string) int {
	return slices.IndexFunc(r.entries, func(e flows.Entry) bool { return e.ID == id })
}

// with is the roster after some accounts were looked at.
func (r *roster) with(checked []flows.Checked) *roster {
	out := *r
	out.entries = slices.Clone(r.entries)
	for _, c := range checked {
		if i := out.at(c.ID); i >= 0 {
			out.entries[i] = seen(out.entries[i], c)
		}
	}
	return &out
}

// name is what an account is called, and the address beside a label.
func (e *env) name(a flows.Entry) (name, also string) {
	who := e.who(a.Account)
	if label := display.Clean(a.Label); label != "" {
		return label, who
	}
	return who, ""
}

// called is the name of an account in a sentence.
func (e *env) called(a flows.Entry) string {
	name, _ := e.name(a)
	return name
}

// kind tells two accounts with the same address apart: the plan or the method,
// and the beginning of the workspace.
func (e *env) kind(a flows.Account) string {
	kind := capital(display.Clean(a.Plan))
	if kind == "" {
		kind = e.method(a.Method)
	}
	if id := display.Clean(a.WorkspaceID); id != "" {
		kind += " " + e.theme.Glyphs.Separator + " " + cut(id, len("6f2c1d0e"), "")
	}
	return kind
}
