package credstore

import (
	"context"
	"errors"
	"os"
	"slices"
	"time"

	"github.com/godbus/dbus/v5"
)

// The names of the Secret Service API (specifications.freedesktop.org/secret-service).
const (
	secretsName         = "org.freedesktop.secrets"
	secretsPath         = dbus.ObjectPath("/org/freedesktop/secrets")
	serviceInterface    = "org.freedesktop.Secret.Service"
	collectionInterface = "org.freedesktop.Secret.Collection"
	itemInterface       = "org.freedesktop.Secret.Item"
	promptInterface     = "org.freedesktop.Secret.Prompt"
)

// secretSession is one connection to the Secret Service, for one verb. Secrets
// cross the bus, a socket of this user's, in plain form: the encrypted form
// does not work with every service.
type secretSession struct {
	conn *dbus.Conn
	path dbus.ObjectPath
}

// wireSecret is the specification's Secret structure.
type wireSecret struct {
	Session     dbus.ObjectPath
	Parameters  []byte
	Value       []byte
	ContentType string
}

func openSecretSession(ctx context.Context) (*secretSession, error) {
	address, err := busAddress(os.Getenv)
	if err != nil {
		return nil, err
	}
	// For go-keyring, which looks for the bus itself.
	if os.Getenv("DBUS_SESSION_BUS_ADDRESS") != address {
		_ = os.Setenv("DBUS_SESSION_BUS_ADDRESS", address)
	}
	// The connection ends with life, and with it a greeting that hangs.
	life, end := context.WithCancel(context.Background())
	conn, err := within(ctx, keyringCallLimit, func() (*dbus.Conn, error) {
		return dbus.Connect(address, dbus.WithContext(life))
	})
	if err != nil {
		end()
		var f *keyringFault
		if errors.As(err, &f) || ctx.Err() != nil {
			return nil, err
		}
		return nil, &keyringFault{ProblemUnavailable, "the D-Bus session cannot be reached", err}
	}
	context.AfterFunc(conn.Context(), end)
	s := &secretSession{conn: conn}
	if err := s.greet(ctx); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

// greet makes a first call that cannot go wrong. gnome-keyring (42.1 here, and
// reports up to 50) enters a new client in its books beside, not before, its
// first call. A session opened by that call crashes it now and then, which
// locks the person's keyring; a search or an alias answers that there is nothing.
func (s *secretSession) greet(ctx context.Context) error {
	var collections dbus.Variant
	err := s.call(ctx, secretsPath, "org.freedesktop.DBus.Properties.Get", []any{serviceInterface, "Collections"}, &collections)
	var f *keyringFault
	if errors.As(err, &f) && f.problem == ProblemIO {
		return nil // some service without that property
	}
	return err
}

// open opens the service's session, once a secret has to cross the bus.
func (s *secretSession) open(ctx context.Context) error {
	if s.path != "" {
		return nil
	}
	var ignored dbus.Variant
	return s.call(ctx, secretsPath, serviceInterface+".OpenSession", []any{"plain", dbus.MakeVariant("")}, &ignored, &s.path)
}

// close does not wait: a bus that hangs would keep it waiting. The service
// closes the session with the connection.
func (s *secretSession) close() { go s.conn.Close() }

// call calls a method under the deadline and stores its answer in out.
func (s *secretSession) call(ctx context.Context, object dbus.ObjectPath, method string, args []any, out ...any) error {
	answer, err := within(ctx, keyringCallLimit, func() (*dbus.Call, error) {
		c := s.conn.Object(secretsName, object).Call(method, 0, args...)
		return c, c.Err
	})
	var f *keyringFault
	switch {
	case err == nil && len(out) == 0:
		return nil
	case err == nil:
		if err := answer.Store(out...); err != nil {
			return &keyringFault{ProblemIO, "it gave an answer of a wrong form", nil}
		}
		return nil
	case errors.As(err, &f), ctx.Err() != nil:
		return err
	}
	return systemFault(err)
}

func (s *secretSession) secret(ctx context.Context, item dbus.ObjectPath) (string, error) {
	if err := s.open(ctx); err != nil {
		return "", err
	}
	var secret wireSecret
	err := s.call(ctx, item, itemInterface+".GetSecret", []any{s.path}, &secret)
	return string(secret.Value), err
}

func (s *secretSession) wire(ctx context.Context, secret string) (wireSecret, error) {
	err := s.open(ctx)
	return wireSecret{s.path, []byte{}, []byte(secret), "text/plain"}, err
}

func (s *secretSession) replace(ctx context.Context, item dbus.ObjectPath, secret string) error {
	wire, err := s.wire(ctx, secret)
	if err != nil {
		return err
	}
	return s.call(ctx, item, itemInterface+".SetSecret", []any{wire})
}

// create makes an item as the keyring library in Codex does, label included.
func (s *secretSession) create(ctx context.Context, collection dbus.ObjectPath, service, account, secret string) error {
	properties := map[string]dbus.Variant{
		itemInterface + ".Label": dbus.MakeVariant(account + "@" + service + ":default (keyring v3.6.3)"),
		itemInterface + ".Attributes": dbus.MakeVariant(map[string]string{
			"application": "rust-keyring", "service": service, "target": "default", "username": account,
		}),
	}
	wire, err := s.wire(ctx, secret)
	if err != nil {
		return err
	}
	var item, prompt dbus.ObjectPath
	err = s.call(ctx, collection, collectionInterface+".CreateItem", []any{properties, wire, true}, &item, &prompt)
	if err != nil {
		return err
	}
	return s.prompt(ctx, prompt)
}

func (s *secretSession) remove(ctx context.Context, item dbus.ObjectPath) error {
	var prompt dbus.ObjectPath
	if err := s.call(ctx, item, itemInterface+".Delete", nil, &prompt); err != nil {
		return err
	}
	return s.prompt(ctx, prompt)
}

// unlock unlocks objects, through the system's prompt where it asks for one.
func (s *secretSession) unlock(ctx context.Context, objects ...dbus.ObjectPath) error {
	var unlocked []dbus.ObjectPath
	var prompt dbus.ObjectPath
	if err := s.call(ctx, secretsPath, serviceInterface+".Unlock", []any{objects}, &unlocked, &prompt); err != nil {
		return err
	}
	if prompt != "/" {
		return s.prompt(ctx, prompt)
	}
	for _, o := range objects {
		if !slices.Contains(unlocked, o) {
			return &keyringFault{ProblemLocked, "it stays locked", nil}
		}
	}
	return nil
}

// prompt lets the person answer the system's prompt, if there is one.
func (s *secretSession) prompt(ctx context.Context, prompt dbus.ObjectPath) error {
	if prompt == "/" || prompt == "" {
		return nil
	}
	if ctx.Value(quietKey{}) != nil { // its window comes with Prompt and not before
		_ = s.call(context.WithoutCancel(ctx), prompt, promptInterface+".Dismiss", nil)
		return &keyringFault{ProblemLocked, "", nil}
	}
	match := []dbus.MatchOption{dbus.WithMatchObjectPath(prompt), dbus.WithMatchInterface(promptInterface)}
	signals := make(chan *dbus.Signal, 4)
	s.conn.Signal(signals)
	defer s.conn.RemoveSignal(signals)
	_, err := within(ctx, keyringCallLimit, func() (bool, error) { return true, s.conn.AddMatchSignal(match...) })
	if err == nil {
		err = s.call(ctx, prompt, promptInterface+".Prompt", []any{""})
	}
	if err != nil {
		return err
	}
	if notice, ok := ctx.Value(promptKey{}).(func(bool)); ok {
		notice(true)
		defer notice(false)
	}
	limit := time.NewTimer(keyringPromptLimit)
	defer limit.Stop()
	for {
		select {
		case signal, ok := <-signals:
			if !ok {
				return &keyringFault{ProblemUnavailable, "the D-Bus session ended", nil}
			}
			if signal.Path != prompt || signal.Name != promptInterface+".Completed" {
				continue
			}
			if dismissed, ok := signal.Body[0].(bool); !ok || dismissed {
				return &keyringFault{ProblemLocked, "nobody could be asked to unlock it, or they declined", nil}
			}
			return nil
		case <-limit.C:
			err = &keyringFault{ProblemLocked, "its prompt was not answered", nil}
		case <-ctx.Done():
			err = ctx.Err()
		}
		_ = s.call(context.WithoutCancel(ctx), prompt, promptInterface+".Dismiss", nil)
		return err
	}
}
