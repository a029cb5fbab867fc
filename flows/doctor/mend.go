package doctor

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"

	"codex-login/assets"
	"codex-login/credstore"
	"codex-login/flows"
)

// Fix is one thing that can be mended without anything being lost. Done again,
// or after it was killed half way, it comes to the same.
type Fix struct {
	// Kind is a word for scripts.
	Kind FixKind

	key    string // findings with the same key are mended by one
	values with
	do     func(ctx context.Context) error
}

// FixKind is what a Fix does.
type FixKind string

// The kinds.
const (
	FixPermissions FixKind = "permissions" // takes rights of others away
	FixLock        FixKind = "lock"        // removes a lock file of ours that nobody holds
	FixTemporary   FixKind = "temporary"   // removes what a killed writer has left
	FixLeftovers   FixKind = "leftovers"   // removes a login from where Codex does not look for it
	FixHalfDone    FixKind = "half_done"   // finishes what a killed run has begun
)

// Explain says in one sentence what the fix does.
func (f *Fix) Explain(say *assets.Catalogue) string {
	return say.Say("doctor.fix."+string(f.Kind), f.values.pairs(say)...)
}

// Mended is what came of a fix.
type Mended struct {
	Fix *Fix
	// Err is why nothing was mended; nil when it was.
	Err error
}

// Explain says in one sentence what came of it.
func (m Mended) Explain(say *assets.Catalogue) string {
	if m.Err == nil {
		return say.Say("doctor.mended.done", "What", m.Fix.Explain(say))
	}
	return say.Say("doctor.mended.failed", "What", m.Fix.Explain(say), "Why", say.Say(cause(m.Err).id))
}

// Mend does what a person has agreed to, one after the other, in an order in
// which the later ones can rely on the earlier.
func Mend(ctx context.Context, fixes []*Fix) []Mended {
	order := []FixKind{FixPermissions, FixLock, FixHalfDone, FixTemporary, FixLeftovers}
	fixes = slices.Clone(fixes)
	slices.SortStableFunc(fixes, func(a, b *Fix) int { return slices.Index(order, a.Kind) - slices.Index(order, b.Kind) })
	var out []Mended
	for _, f := range fixes {
		err := ctx.Err()
		if err == nil {
			err = f.do(ctx)
		}
		out = append(out, Mended{f, err})
	}
	return out
}

// errOtherwise says that what was to be mended is not as it was.
var errOtherwise = errors.New("it has changed meanwhile")

// chmod takes rights away, from the very file that was looked at, while it has
// them and is this user's.
func (p *patient) chmod(path string, was, want fs.FileMode) *Fix {
	return &Fix{
		Kind: FixPermissions, key: "chmod " + path, values: with{"Path": p.path(path), "Want": mode(want)},
		do: func(context.Context) error {
			if info, err := os.Stat(path); err != nil || !info.IsDir() && !info.Mode().IsRegular() {
				return errors.Join(err, errOtherwise)
			}
			f, err := os.Open(path)
			if err != nil {
				return err
			}
			defer f.Close() //nolint:errcheck // only read
			info, err := f.Stat()
			if err != nil {
				return err
			}
			if uid, ok := owner(info); ok && uid != me() {
				return errOtherwise
			}
			if info.Mode().Perm()&^want == 0 {
				return nil
			}
			return f.Chmod(info.Mode().Perm() &^ (was &^ want))
		},
	}
}

func (p *patient) dropLock(path string) *Fix {
	return &Fix{
		Kind: FixLock, key: "lock " + path, values: with{"Path": p.path(path)},
		do: func(context.Context) error { return credstore.RemoveStaleLock(p.login.Home, path) },
	}
}

func (p *patient) dropTemps() *Fix {
	return &Fix{
		Kind: FixTemporary, key: "temps", values: with{"Path": p.path(p.login.Home.Path)},
		do: func(ctx context.Context) error { return p.login.ClearTemps(ctx) },
	}
}

func (p *patient) clearLeftovers(at with) *Fix {
	return &Fix{
		Kind: FixLeftovers, key: "leftovers", values: at,
		do: func(ctx context.Context) error { return unprompted(ctx, p.login.ClearLeftovers) },
	}
}

func (p *patient) mend() *Fix {
	return &Fix{
		Kind: FixHalfDone, key: "half done", values: nil,
		do: func(ctx context.Context) error {
			for _, n := range p.login.Mend(ctx) {
				if n.Code == flows.NoteNotMended {
					return fmt.Errorf("not mended: %w", n.Err)
				}
			}
			return nil
		},
	}
}
