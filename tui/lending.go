package tui

import (
	"cmp"
	"slices"
	"strings"
	"sync"
	"time"

	"codex-login/assets/display"
	"codex-login/credstore"
	"codex-login/flows"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"
)

// lending shows what has been lent, and renews it for as long as it is open.
type lending struct {
	env   *env
	try   attempt
	read  bool
	loans []credstore.Loan
	whose map[string]string // by account
	err   error             // why there is no more renewing
	news  *lendingNews
	last  map[flows.Target]flows.Progress
	over  bool
}

// lendingNews is the last word on each machine, from the worker to the screen.
type lendingNews struct {
	mu   sync.Mutex
	last map[flows.Target]flows.Progress
}

func (n *lendingNews) tell(p flows.Progress) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.last[p.Target] = p
}

func (n *lendingNews) all() map[flows.Target]flows.Progress {
	n.mu.Lock()
	defer n.mu.Unlock()
	out := map[flows.Target]flows.Progress{}
	for t, p := range n.last {
		out[t] = p
	}
	return out
}

// lendingPace is how often the screen looks for news.
const lendingPace = time.Second

func newLending(e *env) (lending, tea.Cmd) {
	s := lending{env: e, try: e.work.attempt(), news: &lendingNews{last: map[flows.Target]flows.Progress{}}}
	return s, loansCmd(s.try.id, e)
}

// Stop ends the renewing; what is being handed over is waited for.
func (s lending) Stop() { s.try.cancel() }

func (s lending) back() key.Binding  { return s.env.bind("back", "esc", "esc", "q", "enter") }
func (s lending) trace() key.Binding { return s.env.traceKey(true) }

func (s lending) Keys() []key.Binding { return []key.Binding{s.back(), s.trace()} }

func (s lending) Update(msg tea.Msg) (screen, tea.Cmd, intent) {
	switch msg := msg.(type) {
	case loansMsg:
		if msg.attempt != s.try.id {
			break
		}
		s.read, s.loans, s.whose, s.err = true, slices.Clone(msg.loans), msg.whose, msg.err
		slices.SortStableFunc(s.loans, func(a, b credstore.Loan) int { return a.Until.Compare(b.Until) })
		if s.over = len(s.loans) == 0 || s.err != nil; s.over {
			break
		}
		return s, tea.Batch(keepLendingCmd(s.env.work, s.try, s.env.login, s.news.tell), tickCmd(s.try.id, lendingPace)), nil
	case tickMsg:
		if msg.attempt == s.try.id && !s.over {
			s.last = s.news.all()
			return s, tickCmd(s.try.id, lendingPace), nil
		}
	case lentMsg:
		if msg.attempt == s.try.id {
			s.last, s.over, s.err = s.news.all(), true, msg.err
		}
	case tea.KeyMsg:
		switch {
		case pressed(msg, s.back()):
			return s, nil, wantBack{}
		case pressed(msg, s.trace()):
			return s, nil, wantTrace{}
		}
	}
	return s, nil, nil
}

func (s lending) View(w, _ int) string {
	t := s.env.theme
	switch {
	case !s.read:
		return t.Faint.Render(wrap(s.env.say("lending.reading"), w))
	case len(s.loans) == 0 && s.err == nil:
		return paragraphs(t.Title.Render(wrap(s.env.say("lending.none"), w)), t.Faint.Render(wrap(s.env.say("lending.how"), w)))
	}
	parts := []string{t.Title.Render(wrap(s.env.say("lending.title"), w)), s.list(w)}
	switch {
	case s.err != nil:
		parts = append(parts, s.env.explained(s.err, w))
	case s.over:
		parts = append(parts, wrap(s.env.say("lending.over"), w))
	default:
		parts = append(parts, t.Accent.UnsetBold().Render(wrap(s.env.say("lending.open"), w)))
	}
	return paragraphs(append(parts, s.reasons(w))...)
}

// list has a line for each machine, two where the window is narrow: its name,
// until when it has a login, and whose.
func (s lending) list(w int) string {
	t := s.env.theme
	names, signs := 0, ansi.StringWidth(t.Glyphs.On)
	for _, l := range s.loans {
		names = max(names, ansi.StringWidth(display.Clean(l.Machine.String())))
	}
	narrow := w < 60
	if !narrow {
		names = min(names, w/2-signs-1)
	}
	var out []string
	for _, l := range s.loans {
		mark, text := s.state(l)
		name := cut(display.Clean(l.Machine.String()), min(names, w-signs-1), t.Glyphs.Ellipsis)
		row := padded(mark, signs) + " "
		if narrow {
			out = append(out, row+name, cut(strings.Repeat(" ", signs+1)+text, w, t.Glyphs.Ellipsis))
			continue
		}
		out = append(out, cut(row+padded(name, names+3)+text, w, t.Glyphs.Ellipsis))
	}
	return strings.Join(out, "\n")
}

func (s lending) state(l credstore.Loan) (mark, text string) {
	t := s.env.theme
	who, until := cmp.Or(s.whose[l.Account], s.env.say("lending.gone")), l.Until
	p, told := s.last[l.Machine]
	switch {
	case told && p.State != flows.SendDone:
		return t.Bad.Render(t.Glyphs.Cross), t.Bad.UnsetBold().Render(s.env.explain(p.Err).Title)
	case told:
		mark, until = t.Good.Render(t.Glyphs.Check), p.Sent.Until
	default:
		mark = t.Faint.Render(t.Glyphs.Separator)
	}
	id := "lending.until"
	switch {
	case until.IsZero():
		return mark, who
	case !until.After(s.env.now()):
		id = "lending.ended"
	case told:
		id = "lending.renewed"
	}
	return mark, s.env.say(id, "Who", who, "Until", s.env.time(until))
}

// reasons says why what could not be renewed was not.
func (s lending) reasons(w int) string {
	var out []string
	for _, l := range s.loans {
		p, told := s.last[l.Machine]
		if !told || p.State == flows.SendDone {
			continue
		}
		x := s.env.explain(p.Err)
		out = append(out, s.env.theme.Strong.Render(cut(display.Clean(l.Machine.String()), w, s.env.theme.Glyphs.Ellipsis))+"\n"+wrap(x.Title+". "+x.Text, w)+"\n"+s.env.steps(x, w))
	}
	return paragraphs(out...)
}

func (s lending) Title() string { return s.env.say("frame.title.lending") }
func (s lending) Help() string  { return "help.lending" }

// lent says of the loans of an account that is going, or gone, which machines
// have them; "" for none.
func (e *env) lent(id string, loans []credstore.Loan, w int) string {
	if len(loans) == 0 {
		return ""
	}
	return e.warning(e.say(id, "To", display.Clean(flows.Borrowers(e.words, loans)), "Until", e.time(flows.LastUntil(loans))), w)
}
