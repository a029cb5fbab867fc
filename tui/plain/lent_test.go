package plain

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"codex-login/credstore"
	"codex-login/flows"
)

// Who forgets an account that is lent learns which machines go on with it.
func TestForgottenAndLent(t *testing.T) {
	until := time.Date(2026, 12, 2, 12, 0, 0, 0, time.UTC)
	var loans []credstore.Loan
	for _, name := range []string{"a", "build\x1bbox"} {
		loans = append(loans, credstore.Loan{Machine: flows.Target{Kind: credstore.MachineDocker, Name: name}, Until: until})
	}
	out := flows.SignedOut{Account: someone, Revoked: true, Forgotten: 1, Ended: 1, Lent: loans}
	for name, say := range map[string]func(l *Lines){
		"logout": func(l *Lines) { l.SignedOut(out, nil) },
		"all": func(l *Lines) {
			all := out
			all.All = true
			l.SignedOut(all, nil)
		},
		"forget": func(l *Lines) { l.Forgotten(mina()[0], out, nil) },
	} {
		var data, talk bytes.Buffer
		say(linesInto(&data, &talk))
		if want := "not renewed there any more: docker:a, docker:buildbox. It works there until " + clock(until); !strings.Contains(talk.String(), want) {
			t.Errorf("%s: %s", name, talk.String())
		}
	}
	for range 10 {
		loans = append(loans, loans[0])
	}
	if many := flows.Borrowers(linesInto(&bytes.Buffer{}, &bytes.Buffer{}).Say, loans); many != "12 machines" {
		t.Error(many)
	}
	got := objects(t, func(e *Events) { e.SignedOut(out, nil) })[0]["lent"].([]any)
	if first := got[0].(map[string]any); len(got) != 2 || first["target"] != "docker:a" || first["target_kind"] != "docker" || first["target_name"] != "a" || first["until"] != "2026-12-02T12:00:00Z" {
		t.Errorf("%v", got)
	}
	if none, ok := objects(t, func(e *Events) { e.SignedOut(flows.SignedOut{}, nil) })[0]["lent"].([]any); !ok || len(none) != 0 {
		t.Errorf("without a loan it is %v", none)
	}
}
