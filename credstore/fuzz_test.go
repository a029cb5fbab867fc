package credstore

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"codex-login/assets/display"
)

// FuzzProof reads both tokens of a login.
func FuzzProof(f *testing.F) {
	for _, payload := range []string{
		`{"sub":"auth0|1","amr":["pwd","otp","mfa","urn:openai:amr:otp_email"],"auth_provider":"password"}`,
		`{"https://api.openai.com/auth":{"amr":["urn:openai:amr:google"]}}`,
		`{"https://api.openai.com/auth":{"amr":[1,null,{}]},"amr":{"a":[]},"sub":[]}`,
		`{"amr":["\u001b[31m\u202e","\ud800"],"https://api.openai.com/auth":{"amr":null}}`,
		`[{"amr":[]}]`,
	} {
		f.Add([]byte(payload))
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		token := NewSecret("e30." + base64.RawURLEncoding.EncodeToString(payload) + ".c2ln")
		for _, tokens := range []Tokens{{IDToken: token}, {AccessToken: token}, {IDToken: token, AccessToken: token}} {
			p := (&Auth{Tokens: &tokens}).Proof()
			seen := map[string]bool{}
			for _, m := range p.Methods {
				if m == "" || seen[m] {
					t.Fatalf("%q", p.Methods)
				}
				seen[m] = true
			}
			for _, text := range append(p.Methods, p.Subject, p.Provider) {
				if text != display.Clean(text) {
					t.Fatalf("%q is not safe to show", text)
				}
			}
		}
	})
}

// FuzzLoans reads a list of loans that somebody has edited: no machine of it is
// an option, and what is written again is read again the same.
func FuzzLoans(f *testing.F) {
	f.Add([]byte(`{"lent":[{"machine":{"kind":"ssh","name":"buildbox"},"account":"chatgpt-0123456789abcdef","token":"t","until":"2026-11-22T12:00:00Z"}]}`))
	f.Add([]byte(`{"lent":[{"machine":{"kind":"ssh","name":"-oProxyCommand=x"},"account":"../x"},{"machine":{"kind":"moon","name":"a"},"account":"apikey-0123456789abcdef"}]}`))
	f.Add([]byte(`{"lent":null}`))
	f.Add([]byte("\xff"))
	f.Fuzz(func(t *testing.T, text []byte) {
		home := Home{Path: t.TempDir()}
		path := lentFile(home)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		loans, err := Loans(home)
		if err != nil {
			return
		}
		for _, l := range loans {
			if strings.HasPrefix(l.Machine.Name, "-") || strings.ContainsAny(l.Machine.Name+l.Account, " \n\r\x1b;'\"") {
				t.Fatalf("%+v", l)
			}
			if text := l.Machine.String(); text != display.Clean(text) {
				t.Fatalf("%q is not safe to show", text)
			}
		}
		if len(loans) == 0 {
			return
		}
		last := loans[len(loans)-1]
		if err := Lend(context.Background(), home, last); err != nil {
			t.Fatal(err)
		}
		again, err := Loans(home)
		want := append(without(append([]Loan(nil), loans...), last.Machine), last)
		if err != nil || len(again) != len(want) {
			t.Fatalf("%d loans, %d after: %v", len(want), len(again), err)
		}
		for i := range want {
			same := again[i].Until.Equal(want[i].Until)
			again[i].Until = want[i].Until
			if !same || !reflect.DeepEqual(again[i], want[i]) {
				t.Fatalf("%+v became %+v", want[i], again[i])
			}
		}
	})
}

// FuzzRemoteAnswer is what another machine may say, whatever answers there.
func FuzzRemoteAnswer(f *testing.F) {
	for _, seed := range []string{
		"os=Linux\nhome=/home/mina/.codex\nknown=yes\n\nTOKEN ok\n", "TOKEN none\n", "{}\nTOKEN ok\n\nTOKEN busy\n",
		"TOKEN\nTOKEN ok\r\n", "home=/\x1b[31m\nknown=yes\nodd=no\n\nTOKEN ok\n", strings.Repeat("x", 5000) + "\nTOKEN ok\n", "x TOKEN ok\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, said []byte) {
		s := &session{token: "TOKEN", out: bufio.NewReader(bytes.NewReader(said))}
		for {
			text, code, err := s.answer()
			if err != nil {
				return
			}
			if len(text) > mostAnswered+4096 || strings.ContainsAny(code, "\n") {
				t.Fatalf("%d bytes, code %q", len(text), code)
			}
			facts, ok := parseFacts(text)
			for _, text := range []string{facts.OS, facts.User, facts.Home, facts.Codex, facts.Version} {
				if text != display.Clean(text) || len([]rune(text)) > 310 && text != facts.Home {
					t.Fatalf("%q is not safe to show", text)
				}
			}
			if ok && !strings.HasPrefix(facts.Home, "/") {
				t.Fatalf("home %q", facts.Home)
			}
			place := Place{Kind: KindMachine, Where: "buildbox:/x"}
			if err := answered("read", place, text, code); err != nil && err != ErrNotFound {
				shown := err.Error()
				if shown != display.Clean(shown) && utf8.ValidString(shown) {
					t.Fatalf("%q is not safe to show", shown)
				}
			}
		}
	})
}

// FuzzSecretMap puts a login into whatever map there is and takes it out: it
// comes back as it was, and what else is there stays.
func FuzzSecretMap(f *testing.F) {
	for _, text := range []string{
		`{"version":1,"secrets":{"global/CODEX_AUTH":"{}"}}`,
		` { "secrets" : { "global/CODEX_AUTH" : "a", "x\u0000/\ud83d\ude00" : "b", "global/CODEX_AUTH":"c" } , "version":0,"future":[{"secrets":{}}] } `,
		`{"version":1,"secrets":{}}`, `{"version":1.0,"secrets":{}}`, `{"version":2,"secrets":{}}`, `{"version":-1,"secrets":{}}`,
		`{"version":1,"secrets":{"x":null}}`, `{"version":1,"secrets":{"x":"\ud800"}}`, `{"version":1,"secrets":{},"secrets":{}}`, `[]`, ``,
	} {
		f.Add([]byte(text), "sk-\u2028<>\x00")
	}
	f.Fuzz(func(t *testing.T, text []byte, value string) {
		m, err := parseSecretMap(text)
		if err != nil {
			if _, ok := err.(*sealError); !ok {
				t.Fatalf("%T", err)
			}
			return
		}
		if !utf8.ValidString(value) {
			return
		}
		others := func(m *secretMap) (all []string) {
			for _, s := range m.members {
				if s.name != authSecret {
					all = append(all, string(s.key)+string(s.value))
				}
			}
			return all
		}
		with, err := parseSecretMap(m.with(authSecret, value))
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := with.get(authSecret); !ok || got != value || !reflect.DeepEqual(others(with), others(m)) {
			t.Fatalf("%q came back as %q", value, got)
		}
		without, err := parseSecretMap(with.without(authSecret))
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := without.get(authSecret); ok || !reflect.DeepEqual(others(without), others(m)) {
			t.Fatal("it is still there, or another one is not")
		}
	})
}
