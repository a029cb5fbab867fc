package plain

import (
	"context"
	"errors"
	"io"
	"strings"
	"time"

	"codex-login/assets"
	"codex-login/flows"
	"codex-login/flows/doctor"
)

// Checked says in a line what a check has found, and beneath what is to be done
// where something is wrong.
func (l *Lines) Checked(r doctor.Row) {
	for _, f := range r.Findings {
		l.data(strings.Join(f.Lines(l.Say), "\n"))
	}
}

// Examined sums up an examination.
func (l *Lines) Examined(r doctor.Report) {
	l.data("")
	l.data(doctor.Verdict(l.Say, r))
	if n := len(r.Fixes()); n > 0 {
		l.data(l.Say.Say("doctor.skin.fixable", "Count", n))
	}
}

// AskFixes lists what would be mended and asks for it. The end of the input is
// a no.
func (l *Lines) AskFixes(ctx context.Context, in *Input, fixes []*doctor.Fix) (bool, error) {
	l.say(l.Say.Say("doctor.skin.fixes"))
	for _, f := range fixes {
		l.say("- " + f.Explain(l.Say))
	}
	l.mu.Lock()
	_, _ = io.WriteString(l.Err, l.Say.Say("doctor.skin.ask")+" ")
	l.mu.Unlock()
	answer, err := in.Line(ctx)
	if errors.Is(err, io.EOF) {
		return false, nil
	}
	answer = strings.ToLower(answer)
	return answer == "y" || answer == "yes", err
}

// Mended says what came of a fix.
func (l *Lines) Mended(m doctor.Mended) { l.say(m.Explain(l.Say)) }

// NothingToFix says that nothing can be mended from here.
func (l *Lines) NothingToFix() { l.say(l.Say.Say("doctor.skin.nothing_to_fix")) }

// NotFixed says that nothing was.
func (l *Lines) NotFixed() { l.say(l.Say.Say("doctor.skin.not_mended")) }

// Again says that it begins anew.
func (l *Lines) Again() { l.say(l.Say.Say("doctor.skin.again")) }

// GivenUp says that the person has ended it.
func (l *Lines) GivenUp() { l.say(l.Say.Say("doctor.skin.given_up")) }

// checkJSON is one check in JSON.
type checkJSON struct {
	Check    string        `json:"check"`
	Area     string        `json:"area"`
	Severity string        `json:"severity"`
	Findings []findingJSON `json:"findings"`
	TookMS   int64         `json:"took_ms"`
}

type findingJSON struct {
	Code     string  `json:"code"`
	Severity string  `json:"severity"`
	Measured string  `json:"measured"`
	Expected *string `json:"expected"`
	Do       *string `json:"do"`
	Fix      *string `json:"fix"`
}

func checkOf(say *assets.Catalogue, r doctor.Row) checkJSON {
	out := checkJSON{Check: r.Check, Area: r.Area, Severity: string(r.Worst()), Findings: []findingJSON{}, TookMS: r.Took.Milliseconds()}
	for _, f := range r.Findings {
		words := f.Explain(say)
		one := findingJSON{Code: f.Code(), Severity: string(f.Severity), Measured: words.Measured, Expected: known(words.Expected), Do: known(words.Do)}
		if f.Fix != nil {
			one.Fix = known(string(f.Fix.Kind))
		}
		out.Findings = append(out.Findings, one)
	}
	return out
}

// Checked writes a check that is over.
func (e *Events) Checked(r doctor.Row) {
	e.write(struct {
		head
		checkJSON
	}{event("checked"), checkOf(e.Say, r)})
}

// Examined writes the whole report, in the order of the checks.
func (e *Events) Examined(r doctor.Report) {
	all := []checkJSON{}
	for _, row := range r.Rows {
		all = append(all, checkOf(e.Say, row))
	}
	e.write(struct {
		head
		Sound    bool        `json:"sound"`
		Problems int         `json:"problems"`
		Warnings int         `json:"warnings"`
		Notes    int         `json:"notes"`
		Skipped  int         `json:"skipped"`
		Fixable  int         `json:"fixable"`
		TookMS   int64       `json:"took_ms"`
		At       *string     `json:"at"`
		Checks   []checkJSON `json:"checks"`
	}{event("report"), r.Sound(), r.Problems, r.Warnings, r.Notes, r.Skipped, len(r.Fixes()), r.Took.Milliseconds(), stamp(time.Now()), all})
}

// Mended writes what came of a fix.
func (e *Events) Mended(m doctor.Mended) {
	e.write(struct {
		head
		Fix     string `json:"fix"`
		Done    bool   `json:"done"`
		Message string `json:"message"`
	}{event("mended"), string(m.Fix.Kind), m.Err == nil, m.Explain(e.Say)})
}

// NothingToFix and NotFixed stand in the report and the exit code.
func (e *Events) NothingToFix() {}

// NotFixed is as NothingToFix.
func (e *Events) NotFixed() {}

// Again needs no word: another `checked` comes.
func (e *Events) Again() {}

// GivenUp is the error that each command ends with.
func (e *Events) GivenUp() { e.Failed(flows.ErrCancelled) }
