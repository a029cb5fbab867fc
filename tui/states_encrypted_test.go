package tui

import (
	"codex-login/credstore"
	"codex-login/flows"
)

// encryptedStates are those of Codex's feature secret_auth_storage.
func encryptedStates(e *env, x texts) []state {
	login, there := *e.login, *e
	login.Home.Encrypted = true
	there.login = &login
	file := "/home/mina/.codex/secrets/codex_auth.age"
	choice := storeChoice{env: e, mode: credstore.ModeKeyring, try: e.work.attempt(), row: 1}
	choice.choices = []flows.StoreChoice{
		{Mode: credstore.ModeFile, Where: x.path},
		{Mode: credstore.ModeKeyring, Where: file, Configured: true, Encrypted: true},
		{Mode: credstore.ModeAuto, Where: file, Encrypted: true},
		{Mode: credstore.ModeEphemeral},
	}
	a := accountOf(x)
	a.Place, a.StoreMode = credstore.Place{Kind: credstore.KindEncrypted, Where: file}, credstore.ModeKeyring
	return []state{
		{name: "picker-encrypted", screen: newPicker(&there, credstore.ModeKeyring)},
		{name: "store-encrypted", screen: choice},
		{name: "done-encrypted", screen: newDone(e, flows.Receipt{Account: a})},
	}
}
