package plain

import (
	"fmt"
	"strings"

	"codex-login/assets"
	"codex-login/assets/display"
	"codex-login/flows"

	"github.com/charmbracelet/x/ansi"
)

// shownAtOnce is how many accounts a question shows; more would push the
// question itself off the screen.
const shownAtOnce = 20

// called is what a person would call an account: by its label, its e-mail
// address, its key.
func called(say *assets.Catalogue, e flows.Entry) string {
	for _, name := range []string{e.Label, e.Email, e.KeyHint, e.UserID} {
		if name != "" {
			return display.Clean(name)
		}
	}
	return say.Say("plain.entry." + strings.ReplaceAll(method(e.Account), "-", "_"))
}

// fullName is the label, and whose account it is.
func fullName(say *assets.Catalogue, e flows.Entry) string {
	name := called(say, e)
	if e.Label == "" {
		return name
	}
	e.Label = ""
	return name + " (" + called(say, e) + ")"
}

// method is the kind of an account, of those that the catalogue has a word for.
func method(a flows.Account) string {
	switch a.Method {
	case flows.AccountChatGPT, flows.AccountAPIKey, flows.AccountAccessToken:
		return a.Method
	}
	return "unnamed"
}

// seat is the plan and the beginning of the workspace's id, which tell two
// accounts of one e-mail address apart; otherwise the kind of the account.
func seat(say *assets.Catalogue, e flows.Entry) string {
	kind := display.Clean(e.Plan)
	if kind == "" {
		kind = say.Say("plain.entry." + strings.ReplaceAll(method(e.Account), "-", "_"))
	}
	workspace, _, _ := strings.Cut(e.WorkspaceID, "-")
	return strings.TrimSpace(kind + " " + display.Clean(workspace))
}

// state is what is to be known before an account is chosen; "" for nothing.
func state(say *assets.Catalogue, e flows.Entry) string {
	switch {
	case e.Ended != nil:
		return say.Say("plain.ended." + string(e.Ended.Reason.Known()))
	case e.Refused != nil:
		return say.Say("plain.entry.refused")
	case e.Unchecked != nil:
		return say.Say("plain.entry.unchecked", "Active", e.Active)
	case e.Active:
		return say.Say("plain.entry.active")
	}
	return ""
}

// describe is an account in a line, with all that tells it apart.
func describe(say *assets.Catalogue, e flows.Entry) string {
	parts := []string{fullName(say, e)}
	switch {
	case e.WorkspaceID != "":
		parts = append(parts, display.Clean(e.Plan), say.Say("plain.entry.workspace", "Workspace", display.Clean(e.WorkspaceID)))
	default:
		parts = append(parts, seat(say, e))
	}
	parts = append(parts, e.ID)
	return withState(say, e, strings.Join(compact(parts), ", "))
}

// withState is a line about an account with its state.
func withState(say *assets.Catalogue, e flows.Entry, line string) string {
	if s := state(say, e); s != "" {
		line += " - " + s
	}
	return line
}

// brief is an account in a few words: its name, and what tells it from another
// of that name.
func brief(say *assets.Catalogue, e flows.Entry) string {
	parts := compact([]string{fullName(say, e), seat(say, e)})
	if len(parts) == 1 {
		parts = append(parts, e.ID)
	}
	return strings.Join(parts, ", ")
}

// compact leaves out what is empty or said already.
func compact(parts []string) []string {
	var out []string
	for _, p := range parts {
		if p != "" && (len(out) == 0 || out[len(out)-1] != p) {
			out = append(out, p)
		}
	}
	return out
}

// table is a line for each account: a mark for the active one, name, plan and
// workspace, state, id. Lines are no wider than width, 0 is any: where a table
// does not fit, an account has several, and nothing of it is cut off.
func table(say *assets.Catalogue, entries []flows.Entry, width int) []string {
	const gap = "  "
	rows := make([][]string, len(entries))
	widest := make([]int, 4)
	for i, e := range entries {
		rows[i] = []string{fullName(say, e), seat(say, e), state(say, e), e.ID}
		for c, text := range rows[i] {
			widest[c] = max(widest[c], ansi.StringWidth(text))
		}
	}
	if width > 0 {
		space := width - len("* ") - widest[2] - widest[3] - 3*len(gap)
		widest[1] = min(widest[1], 20)
		widest[0] = min(widest[0], max(space-widest[1], 16))
		widest[1] = min(widest[1], max(space-widest[0], 8))
		if widest[0]+widest[1] > space {
			return stacked(entries, rows, width)
		}
	}
	out := make([]string, len(rows))
	for i, row := range rows {
		mark := " "
		if entries[i].Active {
			mark = "*"
		}
		line := mark + " " + cell(row[0], widest[0]) + gap + cell(row[1], widest[1]) + gap
		if widest[2] > 0 {
			line += cell(row[2], widest[2]) + gap
		}
		out[i] = line + row[3]
	}
	return out
}

// stacked has as much of an account on a line as fits, and the rest below.
func stacked(entries []flows.Entry, rows [][]string, width int) []string {
	var out []string
	for i, row := range rows {
		line := "  "
		if entries[i].Active {
			line = "* "
		}
		for c, part := range compact(row) {
			switch {
			case c == 0:
				line += part
			case ansi.StringWidth(line+"  "+part) <= width:
				line += "  " + part
			default:
				out = append(out, line)
				line = "    " + part
			}
		}
		out = append(out, line)
	}
	return out
}

// cell is text in exactly that many columns.
func cell(text string, width int) string {
	text = ansi.Truncate(text, width, "...")
	return text + strings.Repeat(" ", max(width-ansi.StringWidth(text), 0))
}

// refusals says once for each rule how many accounts it refuses.
func refusals(say *assets.Catalogue, entries []flows.Entry) []string {
	var order []string
	count := map[string]int{}
	for _, e := range entries {
		if v := e.Refused; v != nil {
			rule := fmt.Sprintf("%s = %s (%s)", v.Rule, strings.Join(v.Demanded, ", "), v.Source)
			if count[rule] == 0 {
				order = append(order, rule)
			}
			count[rule]++
		}
	}
	out := make([]string, len(order))
	for i, rule := range order {
		out[i] = say.Say("plain.entry.refused_by", "Count", count[rule], "Rule", rule)
	}
	return out
}
