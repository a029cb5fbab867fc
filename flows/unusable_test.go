package flows

import (
	"errors"
	"strings"
	"testing"

	"codex-login/assets"
	"codex-login/policy"
)

// TestNoMeaningOfWhatCannotBeUsed: a value that Codex does not know means
// nothing, and the person is told where it stands.
func TestNoMeaningOfWhatCannotBeUsed(t *testing.T) {
	say := assets.Speak("en")
	r, err := policy.Load(policy.Options{Home: t.TempDir(), System: t.TempDir(), Overrides: []string{"forced_login_method=bad"}})
	var config *policy.ConfigError
	if !errors.As(err, &config) {
		t.Fatal(err)
	}
	for _, s := range r.Settings() {
		if got := Meaning(say, s); s.Key == policy.ForcedMethod && got != "" {
			t.Errorf("%s", got)
		}
	}
	x := Explain(say, err)
	if !strings.Contains(x.Title, "command line") || strings.Contains(x.Next, "line and start") {
		t.Errorf("%+v", x)
	}
	if x := Explain(say, &policy.ConfigError{Layer: policy.LayerUser, File: "x", Problem: "cannot be read"}); strings.Contains(x.Next, "that line") {
		t.Errorf("%+v", x)
	}
	for _, l := range r.Layers() {
		if text := LayerText(say, l); strings.Contains(text, "command line, not there") {
			t.Errorf("%s", text)
		}
	}
}

// TestEmptyProvider is no unreadable one, and no client gets anything.
func TestEmptyProvider(t *testing.T) {
	say := assets.Speak("en")
	rules, err := policy.Load(policy.Options{Home: t.TempDir(), System: t.TempDir(), Overrides: []string{`model_provider=""`}})
	if err != nil {
		t.Fatal(err)
	}
	l := &Login{Rules: rules, Say: say}
	if x := ExplainProvider(say, l.Provider()); x.Title != "model_provider is empty" {
		t.Errorf("%+v", x)
	}
	for _, w := range l.Wins(Account{Method: AccountChatGPT}) {
		if w.Source != FromNowhere || strings.Contains(ExplainWinner(say, w), "needs none") {
			t.Errorf("%+v", w)
		}
	}
}
