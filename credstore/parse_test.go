package credstore

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestParseAcceptsWhatCodexAccepts(t *testing.T) {
	for _, d := range testDocuments() {
		t.Run(d.name, func(t *testing.T) {
			a, err := Parse([]byte(d.text), filePlace("/h/auth.json"))
			if d.refused != (err != nil) {
				t.Fatalf("refused is %v, error %v", d.refused, err)
			}
			if err == nil {
				if again, err := Parse(a.Encode(), Place{}); err != nil || string(again.Encode()) != string(a.Encode()) {
					t.Fatalf("what was encoded does not read the same: %v", err)
				}
				return
			}
			var e *Error
			if !errors.As(err, &e) || e.Problem != ProblemCorrupt || e.Line < 1 || e.Column < 1 || e.Detail == "" {
				t.Fatalf("not a full error: %#v", err)
			}
			if d.line > 0 && (e.Line != d.line || e.Column != d.column) {
				t.Errorf("at %d:%d, want %d:%d (%s)", e.Line, e.Column, d.line, d.column, e.Detail)
			}
			if !strings.HasPrefix(e.Error(), fmt.Sprintf("read /h/auth.json:%d:%d: ", e.Line, e.Column)) {
				t.Errorf("the text is %q", e.Error())
			}
		})
	}
}

func TestParseColumnsAreCharacters(t *testing.T) {
	_, err := Parse([]byte("{\"ключ\":1,\n \"é\":2, \"OPENAI_API_KEY\":3}"), Place{})
	var e *Error
	if !errors.As(err, &e) || e.Line != 2 || e.Column != 26 {
		t.Fatalf("%+v", e)
	}
}

// An error must not give away a single character of what is in the file: the
// value is made of characters that no message of ours has.
func TestParseErrorsHoldNoValue(t *testing.T) {
	const canary = "ЖЩЮЭ"
	for _, text := range []string{
		canary, `{"auth_mode":"` + canary + `"}`, `{"OPENAI_API_KEY":["` + canary + `"]}`, `{` + canary, `{"x":` + canary + `}`,
		`{"last_refresh":"` + canary + `"}`, withIDToken(canary), withIDToken(jwt(canary)), withIDToken(jwt(`{"email":["` + canary + `"]}`)),
		`{"` + canary + `":1,"\ud800` + canary + `":1}`, `{"x":"\` + canary + `"}`, `{} ` + canary, `{"tokens":{"` + canary + `":1}}`,
		`{"auth_mode":"apikey"` + canary, `{"bedrock_api_key":{"` + canary + `":1}}`,
	} {
		_, err := Parse([]byte(text), Place{Where: "f"})
		if err == nil {
			t.Fatalf("%q was accepted", text)
		}
		if strings.ContainsAny(fmt.Sprintf("%v %+v %#v", err, err, err), canary) {
			t.Errorf("%q is in %v", text, err)
		}
	}
}

func TestParseLimit(t *testing.T) {
	head := `{` + testKey + `}`
	fits := head + strings.Repeat(" ", maxDocument-len(head))
	if _, err := Parse([]byte(fits), Place{}); err != nil {
		t.Fatal(err)
	}
	if _, err := Parse([]byte(fits+" "), Place{}); !IsProblem(err, ProblemTooBig) {
		t.Fatal(err)
	}
}

func FuzzParse(f *testing.F) {
	for _, d := range testDocuments() {
		if len(d.text) < 1000 {
			f.Add([]byte(d.text))
		}
	}
	for _, text := range codexWrote {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := Parse(b, Place{})
		if err != nil {
			var e *Error
			if !errors.As(err, &e) || e.Problem == ProblemCorrupt && (e.Line < 1 || e.Column < 1) {
				t.Fatalf("error without a place: %v", err)
			}
			return
		}
		pretty, compact := a.Encode(), a.EncodeCompact()
		for _, form := range [][]byte{pretty, compact} {
			again, err := Parse(form, Place{})
			if err != nil {
				t.Fatalf("cannot read what was encoded: %v\n%s", err, form)
			}
			if string(again.EncodeCompact()) != string(compact) {
				t.Fatalf("encoded again it differs:\n%s\n%s", again.EncodeCompact(), compact)
			}
			if again.Kind() != a.Kind() || again.Empty() != a.Empty() || again.Identity() != a.Identity() || !again.LastRefresh.Equal(a.LastRefresh) {
				t.Fatal("encoding changed the meaning")
			}
		}
		if again, _ := Parse(pretty, Place{}); string(again.Encode()) != string(pretty) {
			t.Fatal("the file form is not stable")
		}
		if strings.ContainsAny(string(compact), "\n\r") || !utf8.Valid(compact) {
			t.Fatal("the keyring form is not one line of UTF-8")
		}
	})
}
