package credstore

import (
	"context"
	"crypto/rand"
	"errors"

	gokeyring "github.com/zalando/go-keyring"
)

// probe writes, reads and deletes an entry of its own: some keyrings take a
// secret and keep nothing.
func probe(ctx context.Context, ring keyring) error {
	account, secret := "probe|"+rand.Text(), rand.Text()
	if err := ring.set(ctx, ownService, account, secret); err != nil {
		return err
	}
	read, err := ring.get(ctx, ownService, account)
	if err == nil && read != secret {
		err = &keyringFault{ProblemIO, "it gave back something else than was stored in it", nil}
	}
	if errors.Is(err, gokeyring.ErrNotFound) {
		err = &keyringFault{ProblemIO, "it did not keep what was stored in it", nil}
	}
	return errors.Join(err, ring.remove(context.WithoutCancel(ctx), ownService, account))
}
