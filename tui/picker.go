package tui

import (
	"strconv"
	"strings"

	"codex-login/assets/display"
	"codex-login/credstore"
	"codex-login/flows"
	"codex-login/policy"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"
)

// picker is where the way to sign in is chosen.
type picker struct {
	env     *env
	choices []flows.Choice
	mode    credstore.Mode
	row     int
	// best is the way that works in this place, and why says so.
	best flows.Method
	why  string
	// notes are what would be passed over otherwise: a repository that decides
	// about logins, a variable that takes a new one away.
	notes []string
}

func newPicker(e *env, mode credstore.Mode) picker {
	p := picker{env: e, choices: e.login.Choices(), mode: mode}
	p.recommend()
	p.notes = append(e.projectNotes(), e.winnerWarnings(e.login.Wins(flows.Account{}))...)
	return p
}

// recommend selects what works in this place.
func (p *picker) recommend() {
	where := p.env.login.Where
	best, reason := where.Recommended(p.choices)
	p.row = 0
	p.move(0)
	for i, c := range p.choices {
		if c.Method == best {
			p.row, p.best, p.why = i, best, display.Clean(where.ExplainReason(p.env.words, reason))
		}
	}
}

// move goes by rows and passes over what is not allowed.
func (p *picker) move(by int) {
	row, step := p.row+by, by
	if step == 0 {
		step = 1
	}
	for ; row >= 0 && row < len(p.choices); row += step {
		if p.choices[row].Refused == nil {
			p.row = row
			return
		}
	}
}

func (p picker) digits() key.Binding {
	var keys []string
	for i := range p.choices {
		keys = append(keys, strconv.Itoa(i+1))
	}
	return p.env.bind("pick", "1-"+strconv.Itoa(len(keys)), keys...)
}

func (p picker) usable() bool { return p.choices[p.row].Refused == nil }

func (p picker) up() key.Binding { return p.env.bind("move", p.env.say("frame.arrows"), "up", "k") }

func (p picker) down() key.Binding    { return p.env.bind("move", p.env.say("frame.arrows"), "down", "j") }
func (p picker) choose() key.Binding  { return when(p.usable(), p.env.bind("choose", "enter")) }
func (p picker) compare() key.Binding { return p.env.bind("compare", "m", "m", "tab") }
func (p picker) store() key.Binding   { return p.env.bind("store", "s") }

// machines: a demo's login is for nobody else.
func (p picker) machines() key.Binding {
	return when(p.env.demo == nil, p.env.bind("machines", "x"))
}

func (p picker) checks() key.Binding { return p.env.bind("checks", "h") }

func (p picker) paste() key.Binding { return p.env.bind("import", "i") }

func (p picker) quit() key.Binding { return p.env.bind("quit", "q", "q", "esc") }

func (p picker) Keys() []key.Binding {
	return []key.Binding{p.choose(), p.digits(), p.compare(), p.store(), p.quit(), p.checks(), p.machines(), p.paste()}
}

func (p picker) Update(msg tea.Msg) (screen, tea.Cmd, intent) {
	switch msg := msg.(type) {
	case storeMsg:
		p.mode = msg.mode
	case tea.KeyMsg:
		return p.press(msg)
	}
	return p, nil, nil
}

func (p picker) press(msg tea.KeyMsg) (screen, tea.Cmd, intent) {
	switch {
	case pressed(msg, p.up()):
		p.move(-1)
	case pressed(msg, p.down()):
		p.move(1)
	case pressed(msg, p.digits()):
		row := int(msg.String()[0] - '1')
		if p.choices[row].Refused == nil {
			p.row = row
			return p, nil, wantSignIn{p.choices[row].Method}
		}
	case pressed(msg, p.choose()):
		return p, nil, wantSignIn{p.choices[p.row].Method}
	case pressed(msg, p.compare()):
		return p, nil, wantCompare{}
	case pressed(msg, p.store()):
		return p, nil, wantStores{}
	case pressed(msg, p.checks()):
		return p, nil, wantChecks{}
	case pressed(msg, p.paste()):
		return p, nil, wantImport{}
	case msg.Paste && isLogin(string(msg.Runes)):
		return p, nil, wantImport{credstore.NewSecret(string(msg.Runes))}
	case pressed(msg, p.machines()):
		return p, nil, wantMachines{}
	case pressed(msg, p.quit()):
		return p, nil, wantBack{}
	}
	return p, nil, nil
}

func (p picker) View(w, h int) string {
	t := p.env.theme
	rows, _ := p.rows(w, h)
	keeping := p.env.say("picker.keeping", "Place", p.place())
	var notes []string
	for _, note := range p.notes {
		notes = append(notes, p.env.warning(note, w))
	}
	return paragraphs(
		t.Title.Render(wrap(p.env.say("picker.question"), w)),
		strings.Join(rows, p.gap(h)),
		strings.Join(notes, "\n"),
		t.Faint.Render(wrap(p.env.say("picker.cloud"), w))+"\n"+t.Faint.Render(wrap(keeping, w)),
	)
}

// gap is between two choices: an empty line where there is room.
func (p picker) gap(h int) string {
	if h >= 18+3*len(p.notes) {
		return "\n\n"
	}
	return "\n"
}

func (p picker) place() string {
	switch p.mode {
	case credstore.ModeKeyring, credstore.ModeAuto, credstore.ModeEphemeral:
		if p.env.login.Home.Encrypted && p.mode != credstore.ModeEphemeral {
			return p.env.say("picker.place_" + string(p.mode) + "_encrypted")
		}
		return p.env.say("picker.place_" + string(p.mode))
	case credstore.ModeFile:
	}
	return display.Clean(p.env.short(p.env.login.Home.AuthFile()))
}

// rows draws the choices; lines are where each begins.
func (p picker) rows(w, h int) (rows []string, begin []int) {
	line := 2
	for i := range p.choices {
		row := p.drawRow(i, w, h)
		rows, begin = append(rows, row), append(begin, line)
		line += height(row) + len(p.gap(h)) - 1
	}
	return rows, begin
}

// drawRow draws one choice. In a low window only the selected one says more.
func (p picker) drawRow(i, w, h int) string {
	t, c := p.env.theme, p.choices[i]
	id := strings.ReplaceAll(string(c.Method), "-", "_")
	number, name := strconv.Itoa(i+1), p.env.say("picker.name."+id)
	mark := "  "
	switch {
	case c.Refused != nil:
		head := t.Faint.Render("  " + number + "  " + cut(name, w-5, t.Glyphs.Ellipsis))
		return head + "\n" + hanging("     "+t.Warn.Render(t.Glyphs.Cross)+" ", p.env.say("picker.refused",
			"Demand", p.env.demand(c.Refused), "Source", p.env.short(c.Refused.Source.String())), w)
	case i == p.row:
		mark = t.Accent.Render(t.Glyphs.Pointer + " ")
		name = t.Accent.Render(cut(name, w-5, t.Glyphs.Ellipsis))
	default:
		name = cut(name, w-5, t.Glyphs.Ellipsis)
	}
	head := mark + t.Faint.Render(number) + "  " + name
	about := p.env.say("picker.about." + id)
	if c.Method == p.best && p.why != "" {
		good := t.Good.UnsetBold()
		if ansi.StringWidth(head)+2+ansi.StringWidth(p.why) <= w {
			head += "  " + good.Render(p.why)
		} else {
			// There is no room for both.
			return head + "\n" + good.Render(indent(wrap(p.why, w-5), 5))
		}
	}
	if h < 13 && i != p.row {
		return head
	}
	return head + "\n" + t.Faint.Render(indent(wrap(about, w-5), 5))
}

// FocusedLine is the selected row.
func (p picker) FocusedLine(w, h int) int {
	_, begin := p.rows(w, h)
	return begin[p.row]
}

func (p picker) Title() string { return p.env.say("frame.title.picker") }
func (p picker) Help() string  { return "help.picker" }

// demand is a rule as one would write it.
func (e *env) demand(v *policy.Violation) string {
	if v.Rule == "" {
		return display.Clean(v.Error())
	}
	return v.Rule + " = " + strings.Join(v.Demanded, ", ")
}
