//go:build !windows

package tui

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	"codex-login/credstore"
)

// crowdedHome is a CODEX_HOME with that many accounts, one of them in use,
// with long addresses, wide characters and namesakes.
func crowdedHome(t testing.TB, accounts int) string {
	t.Helper()
	home := credstore.Home{Path: t.TempDir()}
	book := credstore.OpenBook(home, credstore.ModeFile)
	for i := range accounts {
		email := fmt.Sprintf("person%03d@example.test", i/2)
		switch i % 50 {
		case 7:
			email = fmt.Sprintf("李伟%03d@例え.test", i)
		case 9:
			email = fmt.Sprintf("%03d.%s@research.institute.example.test", i, strings.Repeat("long", 14))
		}
		plan := []string{"plus", "business"}[i%2]
		a := personOf(fmt.Sprintf("user-%03d", i/2), fmt.Sprintf("%08d-5a41-4c0b-9d57-1b7a6c3e0a11", i), email, plan)
		keep := func() error { return book.Keep(t.Context(), a) }
		if i == 0 {
			keep = func() error {
				_, err := credstore.Open(home, credstore.ModeFile).Save(t.Context(), a, credstore.Steps{})
				return err
			}
		}
		if err := keep(); err != nil {
			t.Fatal(err)
		}
	}
	return home.Path
}

func personOf(user, workspace, email, plan string) *credstore.Auth {
	jwt := func(payload string) credstore.Secret {
		b64 := base64.RawURLEncoding.EncodeToString
		return credstore.NewSecret(b64([]byte(`{"alg":"none"}`)) + "." + b64([]byte(payload)) + "." + b64([]byte("none")))
	}
	return credstore.NewChatGPT(credstore.Tokens{
		IDToken: jwt(fmt.Sprintf(`{"email":%q,"https://api.openai.com/auth":{"chatgpt_plan_type":%q,"chatgpt_user_id":%q,"chatgpt_account_id":%q}}`,
			email, plan, user, workspace)),
		AccessToken: jwt(`{"exp":4000000000}`), RefreshToken: credstore.NewSecret("rt-" + user + workspace), AccountID: workspace,
	}, nil, time.Now())
}

// TestManyAccountsInATerminal: 200 accounts are looked through, filtered and
// switched in windows of two sizes.
func TestManyAccountsInATerminal(t *testing.T) {
	for _, size := range [][2]int{{80, 24}, {40, 15}} {
		home := crowdedHome(t, 200)
		w := wizard(t, size[0], size[1], "CODEX_HOME="+home)
		w.WaitFor("200 accounts")
		w.Key("end")
		w.WaitFor("›   李伟157@例え.test")
		w.Key("home")
		w.WaitFor("› ● person000@example.test")
		w.Type("李伟057")
		w.WaitFor("1 of 200")
		w.WaitFor("李伟057@例え.test")
		w.Key("esc")
		w.WaitFor("200 accounts")
		w.Paste("longlong 009")
		w.WaitFor("1 of 200")
		w.Key("esc")
		w.WaitFor("200 accounts")
		w.Type("person012 bus")
		w.WaitFor("1 of 200")
		w.Key("enter")
		w.WaitFor("Codex uses person012@example.test")
		w.WaitFor("esc accounts")
		w.Key("b")
		w.WaitFor("200 accounts")
		w.WaitFor("› ● person012@example.test")
		w.Key("esc")
		if code := w.WaitExit(); code != 0 {
			t.Errorf("exit code %d:\n%s", code, w.Raw())
		}
		if problem := w.Restored(); problem != "" {
			t.Errorf("the terminal is not as before: %s", problem)
		}
	}
}
