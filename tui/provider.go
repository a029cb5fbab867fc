package tui

import (
	"strings"

	"codex-login/assets/display"
	"codex-login/flows"
	"codex-login/policy"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
)

// provider says whom Codex asks for answers here, and which credential that
// takes. At the start it stands in for the picker where no sign-in is asked
// for.
type provider struct {
	env      *env
	standing flows.ProviderStanding
	warnings []string // what the environment does behind a login's back
	atStart  bool
	accounts int // in the book, at the start
}

func newProvider(e *env) provider {
	return provider{env: e, standing: e.login.Provider()}
}

// startProvider is the one that the wizard starts with.
func startProvider(e *env, found listing) provider {
	s := newProvider(e)
	s.atStart, s.accounts = true, len(found.Entries)
	s.warnings = append(e.projectNotes(), e.winnerWarnings(found.wins)...)
	return s
}

func (s provider) list() key.Binding {
	return when(s.atStart && s.accounts > 0, s.env.bind("accounts", "a"))
}

func (s provider) anyway() key.Binding {
	return when(s.atStart, s.env.bind("openai_anyway", "n"))
}

func (s provider) checks() key.Binding { return when(s.atStart, s.env.bind("checks", "h")) }

func (s provider) back() key.Binding {
	return when(!s.atStart, s.env.bind("back", "esc", "esc", "enter", "q"))
}

func (s provider) leave() key.Binding {
	return when(s.atStart, s.env.bind("quit", "q", "q", "esc", "enter"))
}

func (s provider) Keys() []key.Binding {
	return []key.Binding{s.leave(), s.anyway(), s.list(), s.checks(), s.back()}
}

func (s provider) Update(msg tea.Msg) (screen, tea.Cmd, intent) {
	k, ok := msg.(tea.KeyMsg)
	switch {
	case !ok:
	case pressed(k, s.list()):
		return s, nil, wantAccounts{}
	case pressed(k, s.anyway()):
		return s, nil, wantPicker{}
	case pressed(k, s.checks()):
		return s, nil, wantChecks{}
	case pressed(k, s.back()):
		return s, nil, wantBack{}
	case pressed(k, s.leave()):
		return s, nil, wantLeave{s.standing.Problem()}
	}
	return s, nil, nil
}

func (s provider) View(w, _ int) string {
	shown := s.standing
	shown.Source.File, shown.Place.File = s.env.short(shown.Source.File), s.env.short(shown.Place.File)
	x := flows.ExplainProvider(s.env.words, shown)
	heading := s.env.succeeded(display.Clean(x.Title), w)
	if s.standing.Problem() != nil {
		heading = s.env.failedHeading(display.Clean(x.Title), w)
	}
	var text, warnings []string
	for _, sentence := range x.Text {
		text = append(text, wrap(display.Clean(sentence), w))
	}
	for _, warning := range s.warnings {
		warnings = append(warnings, s.env.warning(warning, w))
	}
	card := ""
	if !s.standing.Unreadable {
		card = s.env.card(s.facts(), w)
	}
	return paragraphs(
		heading,
		card,
		strings.Join(text, "\n"),
		strings.Join(warnings, "\n"),
		s.env.pointed(x.Next, w),
	)
}

func (s provider) facts() []fact {
	p := s.standing
	name := p.Name
	if p.ID != p.Name {
		name += " (" + p.ID + ")"
	}
	out := []fact{{s.env.say("provider.fact.name"), display.Clean(name)}, {s.env.say("provider.fact.source"), s.env.whose(p.Source)}}
	switch {
	case p.Variable != "":
		out = append(out, fact{s.env.say("provider.fact.variable"), display.Clean(p.Variable)})
	case p.Command != "":
		out = append(out, fact{s.env.say("provider.fact.command"), display.Clean(p.Command)})
	}
	if p.Place != p.Source && p.Kind != policy.ProviderUnknown {
		out = append(out, fact{s.env.say("provider.fact.place"), s.env.whose(p.Place)})
	}
	return out
}

func (s provider) Title() string { return s.env.say("frame.title.provider") }
func (s provider) Help() string  { return "help.provider" }
