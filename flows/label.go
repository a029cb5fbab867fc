package flows

import (
	"context"
	"errors"
	"slices"
	"strings"
	"unicode/utf8"

	"codex-login/assets/display"
	"codex-login/credstore"
)

// longestLabel keeps a label on its row.
const longestLabel = 40

// Label gives an account a name of the person's own; "" takes it away. A label
// that could be taken for something else, or that another account goes by, is
// an *InputError, and so is a key or a token, which must not stand on a card.
func (l *Login) Label(ctx context.Context, id, label string) error {
	text := display.Line(label, 4*longestLabel)
	switch {
	case slices.ContainsFunc(strings.Fields(label), SecretLike):
		return &InputError{Problem: InputLabelIsSecret}
	case utf8.RuneCountInString(text) > longestLabel:
		return &InputError{Problem: InputLabelTooLong}
	case text != strings.TrimSpace(label), strings.HasPrefix(text, "-"):
		return &InputError{Problem: InputLabelCharacters}
	}
	list, err := l.Accounts(ctx)
	if err != nil {
		return err
	}
	known := false
	for _, e := range list.Entries {
		known = known || e.ID == id
		if e.ID != id && text != "" && slices.ContainsFunc(e.names(), func(name string) bool { return strings.EqualFold(name, text) }) {
			return &InputError{Problem: InputLabelTaken}
		}
	}
	if !known {
		return &NoAccountError{Name: id}
	}
	return l.setLabel(ctx, id, text)
}

// setLabel writes it on the card; the active account may have none yet.
func (l *Login) setLabel(ctx context.Context, id, label string) error {
	edit := func(c *credstore.Card) { c.Label = label }
	err := l.book().Edit(ctx, id, edit)
	if !errors.Is(err, credstore.ErrNotFound) {
		return err
	}
	active, _, err := l.store(l.Mode()).Load(ctx)
	if err != nil {
		return err
	}
	return l.book().Note(ctx, active, edit)
}
