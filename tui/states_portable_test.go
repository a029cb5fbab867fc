package tui

import (
	"codex-login/credstore"
	"codex-login/flows"
)

// An encrypted document as it looks, and one of which the end is missing.
const (
	sealedText = "-----BEGIN AGE ENCRYPTED FILE-----\nYWdlLWVuY3J5cHRpb24ub3JnL3YxCi0+IHNjcnlwdCA=\n-----END AGE ENCRYPTED FILE-----\n"
	plainText  = `{"auth_mode":"apikey","OPENAI_API_KEY":"sk-proj-abcdefghijklmnop12345"}`
)

func portableStates(e *env, x texts) []state {
	book := entriesOf(x)
	empty := newImporting(e, credstore.Secret{})
	plain := newImporting(e, credstore.NewSecret(plainText))
	sealed := newImporting(e, credstore.NewSecret(sealedText))
	typed := after(sealed, "s", "e", "s", "a", "m").(importing)
	part := after(empty, "{", "\"", "a").(importing)
	wrong, working, broken := sealed, typed, empty
	wrong.failed = &flows.DocumentError{Problem: flows.DocumentPassphraseWrong}
	working.working = true
	broken.failed = &flows.DocumentError{Problem: flows.DocumentNotALogin, Detail: "1:20: " + x.detail}
	file := newExporting(e, wantExportTo{book[0], false})
	crypt := newExporting(e, wantExportTo{book[0], true})
	filled := after(crypt, "enter", "a", "b", "tab", "a")
	differ := after(filled, "enter")
	there, writing := file, file
	there.failed, writing.working = errThere, true
	list, _ := newRecipes(e, book[0])
	other, _ := newRecipes(e, book[1])
	next, _, _ := list.Update(hostsMsg{list.try.id, targetsOf("buildbox")})
	return []state{
		{name: "import", screen: empty},
		{name: "import-part", screen: part},
		{name: "import-plain", screen: plain},
		{name: "import-sealed", screen: sealed},
		{name: "import-typed", screen: typed},
		{name: "import-wrong", screen: wrong},
		{name: "import-broken", screen: broken},
		{name: "import-working", screen: working},
		{name: "export", screen: newExport(e, book[0])},
		{name: "export-file", screen: file},
		{name: "export-key", screen: newExporting(e, wantExportTo{book[4], false})},
		{name: "export-there", screen: there},
		{name: "export-working", screen: writing},
		{name: "export-sealed", screen: crypt},
		{name: "export-filled", screen: filled},
		{name: "export-differ", screen: differ},
		{name: "exported", screen: exported{e, isExported{"/home/mina/codex-login.json", false, true}}},
		{name: "exported-sealed", screen: exported{e, isExported{"/home/mina/codex-login.age", true, false}}},
		{name: "recipes", screen: next},
		{name: "recipes-docker", screen: after(list, "d", "o", "c", "k", "e", "r", ":", "w", "e", "b", "down")},
		{name: "recipes-other", screen: other},
		{name: "recipes-bad", screen: after(list, "-")},
	}
}
