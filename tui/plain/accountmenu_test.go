package plain

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"codex-login/assets"
	"codex-login/flows"
)

// An account is chosen by its number or by a name; the letters do the rest.
func TestChooseAnAccount(t *testing.T) {
	all := mina()
	list := flows.Accounts{Entries: []flows.Entry{all[2], all[0], all[1], all[3]}}
	for _, test := range []struct {
		name, typed string
		signedIn    bool
		do          act
		id          string
		err         error
	}{
		{"by number", "3\n", true, actSwitch, all[1].ID, nil},
		{"by label", "work\n", true, actSwitch, all[1].ID, nil},
		{"by the beginning of an address", "jon\n", true, actSwitch, all[2].ID, nil},
		{"ambiguous, then by its new number", "mina\n2\n", true, actSwitch, all[1].ID, nil},
		{"nobody, then a number", "nobody\n9\n\n1\n", true, actSwitch, all[2].ID, nil},
		{"another", "n\n", true, actAdd, "", nil},
		{"out", "o\n", true, actOut, "", nil},
		{"nothing", "0\n", true, actKeep, "", nil},
		{"nobody to sign out", "o\n", false, "", "", io.EOF},
		{"the end", "", true, "", "", io.EOF},
	} {
		t.Run(test.name, func(t *testing.T) {
			var talk bytes.Buffer
			m := menu{linesInto(io.Discard, &talk), nil, inputOf(t, test.typed)}
			do, e, err := m.account(t.Context(), list, test.signedIn)
			if do != test.do || e.ID != test.id || !errors.Is(err, test.err) {
				t.Errorf("%q %q, %v\n%s", do, e.ID, err, talk.String())
			}
			if strings.Contains(talk.String(), "o: sign out") != test.signedIn {
				t.Errorf("the question:\n%s", talk.String())
			}
		})
	}
}

// A thousand accounts do not push the question off the screen, and each can be
// named.
func TestAThousandAccounts(t *testing.T) {
	var list flows.Accounts
	for i := range 1000 {
		e := mina()[0]
		e.Active, e.ID, e.Email = i == 0, fmt.Sprintf("chatgpt-%016x", i), fmt.Sprintf("person-%03d@example.test", i)
		list.Entries = append(list.Entries, e)
	}
	var talk bytes.Buffer
	m := menu{&Lines{Say: assets.Speak("en"), Out: io.Discard, Err: &talk}, nil, inputOf(t, "person-7\nperson-777\n")}
	do, e, err := m.account(t.Context(), list, true)
	if err != nil || do != actSwitch || e.Email != "person-777@example.test" {
		t.Errorf("%q %q, %v", do, e.Email, err)
	}
	if n := strings.Count(talk.String(), "\n"); n > 2*(shownAtOnce+3) {
		t.Errorf("%d lines for two questions:\n%s", n, talk.String())
	}
	for _, said := range []string{"and 980 more", "and 80 more", "20. person-719@"} {
		if !strings.Contains(talk.String(), said) {
			t.Errorf("it does not say %q:\n%s", said, talk.String())
		}
	}
}
