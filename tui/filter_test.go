package tui

import (
	"fmt"
	"strings"
	"testing"

	"codex-login/flows"

	"github.com/charmbracelet/x/ansi"
)

// emails are the addresses that are left and shown, in the order of the screen.
func (s accounts) emails() []string {
	var out []string
	for _, i := range s.hits {
		out = append(out, s.list.entries[i].Email)
	}
	return out
}

func TestFilter(t *testing.T) {
	e := testEnv(t)
	book := entriesOf(ordinary)
	for _, c := range []struct {
		typed string
		want  []int // places in the book
	}{
		{"", []int{0, 1, 2, 3, 4}},
		{"mina", []int{0, 1}},
		{"MINA", []int{0, 1}},
		{"work", []int{1}},             // a label
		{"business", []int{1}},         // a plan
		{"b3a9e7c4-08d2", []int{1}},    // a workspace, more of it than is shown
		{"33f0c3b1", []int{2}},         // an id
		{"mina plus", []int{0}},        // every word
		{"plus mina", []int{0}},        // in any order
		{"mina nobody", nil},           //
		{"李伟", []int{3}},               //
		{"api key", []int{4}},          // a method
		{"   ", []int{0, 1, 2, 3, 4}},  //
		{"example.test pro", []int{3}}, // not sk-proj, which has no address
	} {
		s := after(screen(listed(e, book)), "down", "down").(accounts)
		next, cmd, want := s.Update(paste(c.typed))
		s = next.(accounts)
		if cmd != nil || want != nil {
			t.Errorf("%q: a filter does %v", c.typed, want)
		}
		if fmt.Sprint(s.hits) != fmt.Sprint(c.want) {
			t.Errorf("%q leaves %v, want %v", c.typed, s.hits, c.want)
		}
	}
}

// TestFilterIsEdited: typed, taken back, cleared, and left.
func TestFilterIsEdited(t *testing.T) {
	e := testEnv(t)
	s := after(screen(listed(e, entriesOf(ordinary))), "down", "j", "o", "x").(accounts)
	if len(s.hits) != 0 || !strings.Contains(ansi.Strip(s.View(76, 19)), `No account matches "jox"`) {
		t.Errorf("%v:\n%s", s.hits, s.View(76, 19))
	}
	s = after(s, "backspace").(accounts)
	if got := s.emails(); len(got) != 1 || got[0] != "jonas@example.test" {
		t.Fatalf("jo leaves %v", got)
	}
	if !strings.Contains(s.View(76, 19), "1 of 5") {
		t.Errorf("the count is not said:\n%s", s.View(76, 19))
	}
	s = after(s, "esc").(accounts)
	if a, _ := s.selected(); len(s.hits) != 5 || a.Email != "jonas@example.test" {
		t.Errorf("esc leaves %v, at %s", s.hits, a.Email)
	}
	next, _, _ := s.Update(paste("mina\x1b[2J\r\n\u202e"))
	if got := next.(accounts).filter.Value(); got != "mina[2J" {
		t.Errorf("a paste is %q", got)
	}
	if _, _, want := s.Update(press("esc")); want != (wantBack{}) {
		t.Errorf("esc without a filter: %v", want)
	}
}

// TestMatchesAreMarked: with the accent, upper and lower case alike, and
// nothing of the text is lost.
func TestMatchesAreMarked(t *testing.T) {
	theme := testEnv(t).theme
	for _, c := range []struct{ text, words, want string }{
		{"Mina@Example", "mina", "[Mina]@Example"},
		{"Mina@Example", "a", "Min[a]@Ex[a]mple"},
		{"aaa", "aa", "[aaa]"},
		{"Plus · 6f2c", "6f plus", "[Plus] · [6f]2c"},
		{"İstanbul", "st", "İ[st]anbul"},
		{"e\u0301tude", "e", "[e\u0301]tud[e]"}, // with its accent
		{"会社", "会", "[会]社"},
		{"none", "x", "none"},
		{"", "x", ""},
	} {
		got := highlight(c.text, wordsOf(c.words), theme.Faint, theme.Accent)
		if plain := ansi.Strip(got); plain != c.text {
			t.Errorf("%q became %q", c.text, plain)
		}
		got = strings.NewReplacer("\x1b[1;36m", "[", "\x1b[2m", "", "\x1b[0m", "\x00").Replace(got)
		var b strings.Builder
		open := false
		for _, r := range got {
			switch {
			case r == '[':
				open = true
				b.WriteRune(r)
			case r == 0 && open:
				open = false
				b.WriteRune(']')
			case r != 0:
				b.WriteRune(r)
			}
		}
		if b.String() != c.want {
			t.Errorf("%q in %q: %q, want %q", c.words, c.text, b.String(), c.want)
		}
	}
}

// TestWindow: in a list of any length at any place the selected row is to be
// seen, whole, and the screen is never higher than its window.
func TestWindow(t *testing.T) {
	e := testEnv(t)
	for _, n := range []int{1, 2, 7, 200} {
		all := listed(e, crowd(n))
		for _, size := range [][2]int{{26, 5}, {38, 10}, {76, 19}, {96, 34}} {
			for row := range n {
				s := all
				s.row = row
				view := s.View(size[0], size[1])
				if got := height(view); got > size[1] {
					t.Fatalf("%d accounts at %v: %d rows", n, size, got)
				}
				a, _ := s.selected()
				line := ""
				for l := range strings.SplitSeq(ansi.Strip(view), "\n") {
					if strings.HasPrefix(l, e.theme.Glyphs.Pointer) && !strings.Contains(l, "Type to") {
						line = l
					}
				}
				if !strings.Contains(line, cut(a.Email, size[0]-8, "")) {
					t.Fatalf("row %d of %d at %v is not shown:\n%s", row, n, size, view)
				}
			}
		}
	}
}

func TestMoves(t *testing.T) {
	e := testEnv(t)
	for keys, want := range map[string]int{
		"down": 1, "down up": 0, "up": 0, "pgdown": 10, "pgdown pgdown pgup": 10, "end": 199, "end down": 199, "end pgup": 189, "end home": 0,
	} {
		s := after(screen(listed(e, crowd(200))), strings.Fields(keys)...).(accounts)
		if s.row != want {
			t.Errorf("%s: row %d, want %d", keys, s.row, want)
		}
	}
}

func BenchmarkAccountsView(b *testing.B) {
	e := testEnv(b)
	for _, n := range []int{10, 1000, 10000} {
		s := listed(e, crowd(n))
		s.row = n / 2
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				_ = s.View(76, 19)
			}
		})
	}
}

func BenchmarkAccountsFilter(b *testing.B) {
	e := testEnv(b)
	for _, n := range []int{10, 1000, 10000} {
		s := listed(e, crowd(n))
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				s.filter.SetValue("09 bus")
				s.refilter()
			}
		})
	}
}

func BenchmarkAccountsOpen(b *testing.B) {
	e := testEnv(b)
	for _, n := range []int{10, 1000, 10000} {
		found := listing{Accounts: flows.Accounts{Entries: crowd(n)}}
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				newAccounts(e, found)
			}
		})
	}
}
