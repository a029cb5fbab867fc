// Package doctor finds out what is wrong with a sign-in on this machine, and
// mends what can be mended safely.
//
// The rules of this room:
//
//   - A check measures and changes nothing. Mending is a step of its own, which
//     a person has agreed to; each Fix can be done twice, and can be killed.
//   - A check is one row of the table in checks.go: an id, a deadline, a
//     function. All run side by side. One that does not come back is left
//     behind, and that it did not is what was found.
//   - A Finding says what was measured, what was expected and what to do. Its
//     values are made by the functions of shown.go and in no other way: those
//     take paths, hosts, numbers, times and words out of a list, and clean
//     them. No credstore.Secret can be made a value of.
//   - It asks nobody but the addresses that Codex needs, through the one client
//     of flows, and knows nothing of HTTP itself.
package doctor

import (
	"slices"

	"codex-login/assets"
)

// Severity is how bad a finding is.
type Severity string

// The severities, the mildest first.
const (
	Skipped Severity = "skipped" // it could not be looked at, or was not to be
	Sound   Severity = "sound"
	Note    Severity = "note"    // good to know; nothing is wrong
	Warning Severity = "warning" // it works, and is not as it should be
	Problem Severity = "problem" // Codex, or a sign-in, does not work like this
)

// Worse reports whether s is worse than other.
func (s Severity) Worse(other Severity) bool { return s.rank() < other.rank() }

// rank orders the severities, the worst first.
func (s Severity) rank() int {
	for i, known := range []Severity{Problem, Warning, Note, Sound} {
		if s == known {
			return i
		}
	}
	return 4
}

// Finding is what a check has found. It holds no secret.
type Finding struct {
	// Check is the id of the check, and Cause a word for what it came upon
	// there: "home" and "missing".
	Check, Cause string
	Severity     Severity
	// Fix is what would mend it; nil where a person has to.
	Fix *Fix

	values with
}

// Words are a finding as a person reads it. Expected and Do are empty where
// nothing is wrong.
type Words struct {
	// Title names the check, Measured says in a sentence what was found.
	Title, Measured, Expected, Do string
}

// Code is the word for the finding that scripts see: "home.missing".
func (f Finding) Code() string { return f.Check + "." + f.Cause }

// Explain puts a finding into words.
func (f Finding) Explain(say *assets.Catalogue) Words {
	pairs := f.values.pairs(say)
	words := Words{Title: Title(say, f.Check)}
	if slices.Contains(anyCause, f.Cause) {
		words.Measured = say.Say("doctor.any."+f.Cause, pairs...)
		if f.Cause == causeLate {
			words.Expected = say.Say("doctor.any.late_should", pairs...)
			words.Do = say.Say("doctor.any.late_do", pairs...)
		}
		return words
	}
	id := "doctor.found." + f.Check + "_" + f.Cause
	if isAddress(f.Check) { // the four have the same to say
		id = "doctor.address." + f.Cause
	}
	words.Measured = say.Say(id+".is", pairs...)
	if f.Severity == Sound || f.Severity == Skipped {
		return words
	}
	words.Expected = optional(say, id+".should", pairs)
	words.Do = optional(say, id+".do", pairs)
	return words
}

// Area is what an area of checks is called.
func Area(say *assets.Catalogue, area string) string { return say.Say("doctor.area." + area) }

// optional is a text that not every finding has.
func optional(say *assets.Catalogue, id string, pairs []any) string {
	if text := say.Say(id, pairs...); text != id {
		return text
	}
	return ""
}

// Title is the name of a check in a word or two.
func Title(say *assets.Catalogue, check string) string {
	return say.Say("doctor.check." + check)
}

// The causes that every check can have.
const (
	causeSound   = "sound"
	causeLate    = "late"     // no answer in time
	causeOffline = "offline"  // the network was not to be asked
	causeNoHome  = "no_home"  // there is no CODEX_HOME to look into
	causeNoEntry = "no_entry" // this user may not look into it
	causeCrashed = "crashed"  // a mistake of this program
)

var anyCause = []string{causeLate, causeOffline, causeNoHome, causeNoEntry, causeCrashed}

func sound(values with) Finding { return Finding{Cause: causeSound, Severity: Sound, values: values} }

func note(cause string, values with) Finding {
	return Finding{Cause: cause, Severity: Note, values: values}
}

func warning(cause string, values with) Finding {
	return Finding{Cause: cause, Severity: Warning, values: values}
}

func problem(cause string, values with) Finding {
	return Finding{Cause: cause, Severity: Problem, values: values}
}

// mended is f with what would mend it.
func (f Finding) mended(by *Fix) Finding {
	f.Fix = by
	return f
}

// or is all, or a sound finding where there is nothing else.
func or(all []Finding, values with) []Finding {
	if len(all) == 0 {
		return []Finding{sound(values)}
	}
	return all
}
