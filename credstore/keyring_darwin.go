package credstore

import (
	"context"
	"os/exec"
	"strings"
)

func systemKeyring() keyring { return keychain{goKeyring{keyringPromptLimit}} }

// keychain is the macOS keychain: go-keyring reads and deletes, and writing
// goes the same way, through /usr/bin/security, without go-keyring's encoding.
// macOS asks the person once when Codex first reads an item that this tool
// made, and the other way round; hence the long limit.
type keychain struct{ goKeyring }

func (k keychain) get(ctx context.Context, service, account string) (string, error) {
	text, err := k.goKeyring.get(ctx, service, account)
	return keychainText(text), err
}

func (k keychain) set(ctx context.Context, service, account, secret string) error {
	line, err := keychainCommand(service, account, secret)
	if err != nil {
		return err
	}
	_, err = within(context.WithoutCancel(ctx), k.limit, func() (bool, error) {
		cmd := exec.Command("/usr/bin/security", "-i")
		cmd.Stdin = strings.NewReader(line)
		return true, cmd.Run()
	})
	return goKeyringFault(err)
}

// systemFault knows nothing about an exit status of security: a keychain that
// is locked, as over SSH, fails like any other.
func systemFault(err error) error {
	return &keyringFault{ProblemLocked, "the keychain refused; over SSH it has to be unlocked first: security unlock-keychain", err}
}
