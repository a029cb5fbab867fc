package flows

import (
	"codex-login/assets"
)

// Explanation is an error in words: what happened, what it means, what to do.
type Explanation struct {
	// Code is the word that scripts see, as the README lists them.
	Code string
	// Title is a short sentence, Text says more, Next is what to do now. Next
	// may have several lines, each a step of its own.
	Title, Text, Next string
}

// Explain turns an error of this room, of the stores or of the rules into
// words. All skins use it.
func Explain(say *assets.Catalogue, err error) Explanation { return explain(say, err) }

// ExplainNote is the one line that says n.
func ExplainNote(say *assets.Catalogue, n Note) string { return explainNote(say, n) }
