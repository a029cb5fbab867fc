package credstore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"

	"codex-login/assets/display"
)

// RemoteFile is a file of Codex there.
type RemoteFile string

// The files. The first is where the login is, the others are the layers of the
// configuration.
const (
	remoteAuth         RemoteFile = "auth"
	RemoteConfig       RemoteFile = "config"       // $CODEX_HOME/config.toml
	RemoteSystem       RemoteFile = "system"       // /etc/codex/config.toml
	RemoteManaged      RemoteFile = "managed"      // /etc/codex/managed_config.toml
	RemoteRequirements RemoteFile = "requirements" // /etc/codex/requirements.toml
)

func (r *Remote) path(f RemoteFile) string {
	home := r.Facts().Home
	switch f {
	case RemoteConfig:
		return home + "/config.toml"
	case RemoteSystem:
		return "/etc/codex/config.toml"
	case RemoteManaged:
		return "/etc/codex/managed_config.toml"
	case RemoteRequirements:
		return "/etc/codex/requirements.toml"
	}
	return home + "/auth.json"
}

func (r *Remote) place(f RemoteFile) Place {
	return Place{Kind: KindMachine, Where: r.machine.String() + ":" + r.path(f)}
}

// Read returns a file, ErrNotFound, or an error as Load does.
func (r *Remote) Read(ctx context.Context, f RemoteFile) ([]byte, error) {
	return r.show(ctx, r.place(f), string(f), "-")
}

func (r *Remote) show(ctx context.Context, place Place, words ...string) ([]byte, error) {
	if err := r.connect(ctx); err != nil {
		return nil, err
	}
	text, code, err := r.call(ctx, nil, append([]string{"show"}, words...)...)
	if err == nil {
		err = answered("read", place, text, code)
	}
	if err != nil {
		return nil, err
	}
	return text, nil
}

// answered is nil for the code ok, and otherwise what the code says of a file.
func answered(op string, place Place, text []byte, code string) error {
	switch code {
	case "ok":
		return nil
	case "none":
		return ErrNotFound
	case "odd":
		return &Error{Problem: ProblemIO, Op: op, Place: place, Detail: "it is not a plain file"}
	case "big":
		return &Error{Problem: ProblemTooBig, Op: op, Place: place}
	case "busy":
		return &Error{Problem: ProblemBusy, Op: op, Place: place, Detail: "another program there"}
	}
	return fileThere(op, place, string(text))
}

// ReplaceConfig puts a new config.toml in the place of the old text, nil for no
// file. It returns ErrChanged when the file there no longer is that.
func (r *Remote) ReplaceConfig(ctx context.Context, old, text []byte) error {
	r.saving.Lock()
	defer r.saving.Unlock()
	if err := r.connect(ctx); err != nil {
		return err
	}
	unchanged := func() error {
		now, err := r.Read(ctx, RemoteConfig)
		if errors.Is(err, ErrNotFound) && old == nil {
			return nil
		}
		if err == nil && (old == nil || !bytes.Equal(now, old)) {
			err = ErrChanged
		}
		return err
	}
	return r.replace(context.WithoutCancel(ctx), r.place(RemoteConfig), text, unchanged, string(RemoteConfig), "-")
}

// Status asks the real Codex there who is signed in. It returns what that says,
// safe to print and one line, and whether it counts as signed in; ErrNotFound
// where there is no Codex.
func (r *Remote) Status(ctx context.Context) (said string, in bool, err error) {
	if err := r.connect(ctx); err != nil {
		return "", false, err
	}
	text, code, err := r.call(ctx, nil, "status")
	if err != nil {
		return "", false, err
	}
	if code == "none" {
		return "", false, ErrNotFound
	}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(display.Clean(line))
		if line != "" && !strings.HasPrefix(line, "WARNING") && said == "" {
			said = display.Cut(line, 300)
		}
	}
	return said, code == "ok 0", nil
}

// Keep puts a login that is about to be replaced there into the account book
// there, so that it is not lost; a page that has it already stays. One that
// cannot be read is kept beside the book, as KeepUnreadable does here.
func (r *Remote) Keep(ctx context.Context, a *Auth) error {
	id := ID(a)
	text, err := r.show(ctx, r.page(id), "page", id)
	if err == nil {
		first, err := Parse(text, r.page(id))
		switch {
		case err == nil && first.session() == a.session() && newer(a, first) != a:
			return nil
		case err != nil || first.session() != a.session():
			id = SessionID(a)
		}
	} else if !errors.Is(err, ErrNotFound) {
		return err
	}
	return r.replace(ctx, r.page(id), a.Encode(), nil, "page", id)
}

// KeepUnreadable keeps the text of an auth.json that cannot be read as one, and
// returns where.
func (r *Remote) KeepUnreadable(ctx context.Context) (Place, error) {
	text, err := r.Read(ctx, remoteAuth)
	if err != nil {
		return Place{}, err
	}
	name := shortHash(string(text))
	place := Place{Kind: KindMachine, Where: fmt.Sprintf("%s:%s/codex-login/unreadable/auth-%s.json", r.machine, r.Facts().Home, name)}
	return place, r.replace(ctx, place, text, nil, "unreadable", name)
}

func (r *Remote) page(id string) Place {
	return Place{Kind: KindMachine, Where: fmt.Sprintf("%s:%s/codex-login/accounts/%s.json", r.machine, r.Facts().Home, id)}
}
