package credstore

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/godbus/dbus/v5"
	gokeyring "github.com/zalando/go-keyring"
)

func systemKeyring() keyring { return secretService{} }

// secretService is the keyring of a Linux desktop. It finds and makes entries
// by the rules that Codex follows:
//
//   - an entry is the item with our service, username and target "default" in
//     any collection; if there is none, the item with service and username in
//     the collection that the alias "default" stands for;
//   - a new item is made in that collection, with Codex's four attributes;
//   - an item that exists gets the new secret and keeps the rest.
//
// go-keyring does the reading and deleting where its rule, the first item in
// the collection "login", finds the same item. It never does the writing: its
// item lacks Codex's target, and it would strip it from an item of Codex's.
type secretService struct{}

func (secretService) get(ctx context.Context, service, account string) (string, error) {
	s, err := openSecretSession(ctx)
	if err != nil {
		return "", err
	}
	defer s.close()
	f, err := s.find(ctx, service, account)
	if err != nil {
		return "", err
	}
	switch len(f.hits) {
	case 0:
		return "", gokeyring.ErrNotFound
	case 1:
	default:
		return "", &keyringFault{ProblemCorrupt, "it holds this entry more than once, and Codex reads none of them; signing in again or signing out mends it", nil}
	}
	if err := s.unlock(ctx, f.hits...); err != nil {
		return "", err
	}
	if f.plain() {
		return goKeyring{keyringCallLimit}.get(ctx, service, account)
	}
	return s.secret(ctx, f.hits[0])
}

func (secretService) set(ctx context.Context, service, account, secret string) error {
	s, err := openSecretSession(ctx)
	if err != nil {
		return err
	}
	defer s.close()
	f, err := s.find(ctx, service, account)
	if err != nil {
		return err
	}
	if len(f.hits) == 0 {
		if f.collection == "/" {
			return &keyringFault{ProblemUnavailable, "it has no default collection", nil}
		}
		if err := s.unlock(ctx, f.collection); err != nil {
			return err
		}
		// From here on it is written, whatever happens to ctx.
		ctx = context.WithoutCancel(ctx)
		if err := s.create(ctx, f.collection, service, account, secret); err != nil {
			return err
		}
	} else {
		if err := s.unlock(ctx, f.hits...); err != nil {
			return err
		}
		ctx = context.WithoutCancel(ctx)
		if err := s.replace(ctx, f.hits[0], secret); err != nil {
			return err
		}
		// More than one match shuts Codex out.
		for _, item := range f.hits[1:] {
			if err := s.remove(ctx, item); err != nil {
				return err
			}
		}
	}
	s.removeTwins(ctx, f)
	return nil
}

func (secretService) remove(ctx context.Context, service, account string) error {
	s, err := openSecretSession(ctx)
	if err != nil {
		return err
	}
	defer s.close()
	f, err := s.find(ctx, service, account)
	if err != nil {
		return err
	}
	if len(f.hits) == 0 && len(f.twins) == 0 {
		return gokeyring.ErrNotFound
	}
	if len(f.hits) > 0 {
		if err := s.unlock(ctx, f.hits...); err != nil {
			return err
		}
	}
	ctx = context.WithoutCancel(ctx)
	if f.plain() {
		return goKeyring{keyringCallLimit}.remove(ctx, service, account)
	}
	for _, item := range f.hits {
		if err := s.remove(ctx, item); err != nil {
			return err
		}
	}
	s.removeTwins(ctx, f)
	return nil
}

// found is where the items of an entry are.
type found struct {
	// collection is what the alias "default" stands for, "/" for nothing.
	collection dbus.ObjectPath
	// hits are the items that Codex's search ends with.
	hits []dbus.ObjectPath
	// twins are other items of the same service and account that are not
	// locked. Codex does not see them now; it may once the hits are gone.
	twins []dbus.ObjectPath
}

const loginCollection = "/org/freedesktop/secrets/collection/login"

// plain reports that go-keyring finds the very item that Codex does.
func (f found) plain() bool {
	return f.collection == loginCollection && len(f.hits) == 1 && len(f.twins) == 0 &&
		strings.HasPrefix(string(f.hits[0]), loginCollection+"/")
}

func (s *secretSession) find(ctx context.Context, service, account string) (found, error) {
	entry := map[string]string{"service": service, "username": account}
	var f found
	if err := s.call(ctx, secretsPath, serviceInterface+".ReadAlias", []any{"default"}, &f.collection); err != nil {
		return f, err
	}
	var open, locked []dbus.ObjectPath
	targeted := map[string]string{"service": service, "username": account, "target": "default"}
	if err := s.call(ctx, secretsPath, serviceInterface+".SearchItems", []any{targeted}, &open, &locked); err != nil {
		return f, err
	}
	f.hits = slices.Concat(open, locked)
	if len(f.hits) == 0 && f.collection != "/" {
		if err := s.call(ctx, f.collection, collectionInterface+".SearchItems", []any{entry}, &f.hits); err != nil {
			return f, err
		}
	}
	if err := s.call(ctx, secretsPath, serviceInterface+".SearchItems", []any{entry}, &f.twins, &locked); err != nil {
		return f, err
	}
	f.twins = slices.DeleteFunc(f.twins, func(p dbus.ObjectPath) bool { return slices.Contains(f.hits, p) })
	return f, nil
}

// removeTwins tries; a twin that stays is no worse than before.
func (s *secretSession) removeTwins(ctx context.Context, f found) {
	for _, item := range f.twins {
		_ = s.remove(ctx, item)
	}
}

// busAddress finds the session bus without starting one. godbus alone would
// run dbus-launch, which leaves a daemon behind.
func busAddress(getenv func(string) string) (string, error) {
	if address := getenv("DBUS_SESSION_BUS_ADDRESS"); address != "" && !strings.HasPrefix(address, "autolaunch:") {
		return address, nil
	}
	if dir := getenv("XDG_RUNTIME_DIR"); dir != "" {
		socket := filepath.Join(dir, "bus")
		if info, err := os.Stat(socket); err == nil && info.Mode()&os.ModeSocket != 0 {
			return "unix:path=" + dbus.EscapeBusAddressValue(socket), nil
		}
	}
	return "", &keyringFault{ProblemUnavailable, "there is no D-Bus session here", nil}
}

// systemFault sorts an error that D-Bus reported.
func systemFault(err error) error {
	var remote dbus.Error
	var network *net.OpError
	switch {
	case errors.As(err, &remote):
		return &keyringFault{remoteProblem(remote.Name), "", err}
	case errors.As(err, &network), errors.Is(err, dbus.ErrClosed), errors.Is(err, os.ErrNotExist):
		return &keyringFault{ProblemUnavailable, "the D-Bus session does not answer", err}
	case strings.HasPrefix(err.Error(), "failed to unlock correct collection"): // go-keyring's words
		return &keyringFault{ProblemLocked, "", err}
	}
	return &keyringFault{ProblemIO, "", err}
}

func remoteProblem(name string) Problem {
	switch {
	case name == "org.freedesktop.DBus.Error.ServiceUnknown", name == "org.freedesktop.DBus.Error.NameHasNoOwner",
		strings.HasPrefix(name, "org.freedesktop.DBus.Error.Spawn."):
		return ProblemUnavailable
	case name == "org.freedesktop.Secret.Error.IsLocked":
		return ProblemLocked
	case name == "org.freedesktop.DBus.Error.NoReply", name == "org.freedesktop.DBus.Error.TimedOut", name == "org.freedesktop.DBus.Error.Timeout":
		return ProblemTimeout
	case name == "org.freedesktop.DBus.Error.AccessDenied":
		return ProblemPermission
	}
	return ProblemIO
}
