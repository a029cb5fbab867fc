package credstore

import (
	"context"
	"errors"

	"github.com/danieljoos/wincred"
	gokeyring "github.com/zalando/go-keyring"
)

func systemKeyring() keyring { return credentialManager{} }

// credentialManager is the Windows Credential Manager. go-keyring's entry has
// another name and another encoding than Codex's, so the module below it is
// used. (Codex on Windows by default keeps the login in an encrypted file and
// only its password here; a ChatGPT login does not fit one credential.)
type credentialManager struct{}

func (credentialManager) get(ctx context.Context, service, account string) (string, error) {
	return within(ctx, keyringCallLimit, func() (string, error) {
		c, err := wincred.GetGenericCredential(winCredTarget(service, account))
		if err != nil {
			return "", systemFault(err)
		}
		return winCredText(c.CredentialBlob)
	})
}

func (credentialManager) set(ctx context.Context, service, account, secret string) error {
	blob, err := winCredBlob(secret)
	if err != nil {
		return err
	}
	_, err = within(context.WithoutCancel(ctx), keyringCallLimit, func() (bool, error) {
		c := wincred.NewGenericCredential(winCredTarget(service, account))
		c.UserName, c.CredentialBlob = account, blob
		c.Comment, c.Persist = "keyring v3.6.3", wincred.PersistEnterprise
		return true, systemFault(c.Write())
	})
	return err
}

func (credentialManager) remove(ctx context.Context, service, account string) error {
	_, err := within(ctx, keyringCallLimit, func() (bool, error) {
		c, err := wincred.GetGenericCredential(winCredTarget(service, account))
		if err == nil {
			err = c.Delete()
		}
		return true, systemFault(err)
	})
	return err
}

func systemFault(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, wincred.ErrElementNotFound):
		return gokeyring.ErrNotFound
	}
	return &keyringFault{ProblemIO, "", err}
}
