package credstore

import (
	"context"
	"errors"
	"os/exec"
	"sync/atomic"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
)

// promptingService is a Secret Service whose one collection is locked and asks
// for it with a prompt. A real one needs a display and a person for that; the
// rest of this package's tests run on the real one.
type promptingService struct {
	conn   *dbus.Conn
	answer string // "unlock", "decline" or "" for never
	// dismissed counts prompts that were taken back.
	dismissed atomic.Int32
	// asked counts prompts that came up.
	asked    atomic.Int32
	secret   atomic.Pointer[wireSecret]
	unlocked atomic.Bool
}

const (
	fakeCollection = dbus.ObjectPath("/org/freedesktop/secrets/collection/fake")
	fakeItem       = fakeCollection + "/1"
	fakePrompt     = dbus.ObjectPath("/org/freedesktop/secrets/prompt/1")
)

func (p *promptingService) OpenSession(string, dbus.Variant) (dbus.Variant, dbus.ObjectPath, *dbus.Error) {
	return dbus.MakeVariant(""), "/org/freedesktop/secrets/session/1", nil
}

func (p *promptingService) ReadAlias(string) (dbus.ObjectPath, *dbus.Error) {
	return fakeCollection, nil
}

func (p *promptingService) SearchItems(map[string]string) (open, locked []dbus.ObjectPath, _ *dbus.Error) {
	if p.secret.Load() != nil {
		return []dbus.ObjectPath{}, []dbus.ObjectPath{fakeItem}, nil
	}
	return []dbus.ObjectPath{}, []dbus.ObjectPath{}, nil
}

func (p *promptingService) Unlock(objects []dbus.ObjectPath) ([]dbus.ObjectPath, dbus.ObjectPath, *dbus.Error) {
	if p.unlocked.Load() {
		return objects, "/", nil
	}
	return []dbus.ObjectPath{}, fakePrompt, nil
}

type fakePrompts struct{ *promptingService }

func (p fakePrompts) Prompt(string) *dbus.Error {
	p.asked.Add(1)
	if p.answer != "" {
		p.unlocked.Store(p.answer == "unlock")
		_ = p.conn.Emit(fakePrompt, promptInterface+".Completed", p.answer == "decline", dbus.MakeVariant([]dbus.ObjectPath{fakeCollection}))
	}
	return nil
}

func (p fakePrompts) Dismiss() *dbus.Error {
	p.dismissed.Add(1)
	return nil
}

type fakeCollections struct{ *promptingService }

func (p fakeCollections) SearchItems(map[string]string) ([]dbus.ObjectPath, *dbus.Error) {
	return []dbus.ObjectPath{}, nil
}

func (p fakeCollections) CreateItem(_ map[string]dbus.Variant, s wireSecret, _ bool) (dbus.ObjectPath, dbus.ObjectPath, *dbus.Error) {
	p.secret.Store(&s)
	return fakeItem, "/", nil
}

type fakeItems struct{ *promptingService }

func (p fakeItems) GetSecret(dbus.ObjectPath) (wireSecret, *dbus.Error) {
	return *p.secret.Load(), nil
}

func startPromptingService(t *testing.T, answer string) *promptingService {
	t.Helper()
	p := &promptingService{conn: busConn(t), answer: answer}
	for _, err := range []error{
		p.conn.Export(p, secretsPath, serviceInterface),
		p.conn.Export(fakePrompts{p}, fakePrompt, promptInterface),
		p.conn.Export(fakeCollections{p}, fakeCollection, collectionInterface),
		p.conn.Export(fakeItems{p}, fakeItem, itemInterface),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	reply, err := p.conn.RequestName(secretsName, dbus.NameFlagDoNotQueue|dbus.NameFlagReplaceExisting)
	if err != nil || reply != dbus.RequestNameReplyPrimaryOwner {
		t.Fatal(reply, err)
	}
	t.Cleanup(func() { _, _ = p.conn.ReleaseName(secretsName) })
	return p
}

func TestUnlockPrompt(t *testing.T) {
	if _, err := exec.LookPath("dbus-run-session"); err != nil {
		missing(t, "dbus-run-session")
	}
	if !privateBus(t) {
		return
	}
	t.Run("answered", func(t *testing.T) {
		startPromptingService(t, "unlock")
		var notices []bool
		ctx := WithPromptNotice(testContext(t), func(waiting bool) { notices = append(notices, waiting) })
		store := Open(testHome(t), ModeKeyring)
		if _, err := store.Save(ctx, apiKey("sk-1"), Steps{}); err != nil {
			t.Fatal(err)
		}
		if a, _, err := store.Load(ctx); err != nil || a.APIKey.Reveal() != "sk-1" {
			t.Error(err)
		}
		if len(notices) != 2 || !notices[0] || notices[1] {
			t.Error(notices)
		}
	})
	t.Run("declined", func(t *testing.T) {
		startPromptingService(t, "decline")
		if _, err := Open(testHome(t), ModeKeyring).Save(testContext(t), apiKey("sk-1"), Steps{}); !IsProblem(err, ProblemLocked) {
			t.Error(err)
		}
	})
	t.Run("not wanted", func(t *testing.T) {
		p := startPromptingService(t, "unlock")
		ctx := WithoutPrompt(testContext(t))
		if err := ProbeKeyring(ctx, testHome(t)); !IsProblem(err, ProblemLocked) {
			t.Error(err)
		}
		if p.asked.Load() != 0 || p.secret.Load() != nil {
			t.Error("it came up, or something was written")
		}
	})
	t.Run("not answered", func(t *testing.T) {
		p := startPromptingService(t, "")
		limit := keyringPromptLimit
		defer func() { keyringPromptLimit = limit }()
		keyringPromptLimit = 10 * time.Millisecond
		if _, err := Open(testHome(t), ModeKeyring).Save(testContext(t), apiKey("sk-1"), Steps{}); !IsProblem(err, ProblemLocked) {
			t.Error(err)
		}
		if p.dismissed.Load() != 1 {
			t.Error("the prompt was left on the screen")
		}
	})
	t.Run("cancelled meanwhile", func(t *testing.T) {
		p := startPromptingService(t, "")
		ctx, cancel := context.WithCancel(testContext(t))
		ctx = WithPromptNotice(ctx, func(waiting bool) {
			if waiting {
				cancel()
			}
		})
		home := testHome(t)
		if place, err := Open(home, ModeAuto).Save(ctx, apiKey("sk-1"), Steps{}); !errors.Is(err, context.Canceled) || exists(home.AuthFile()) {
			t.Error("cancelling stored the login elsewhere:", place, err)
		}
		if p.dismissed.Load() != 1 {
			t.Error("the prompt was left on the screen")
		}
	})
}
