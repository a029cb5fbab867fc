package doctor

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"

	"codex-login/credstore"
)

// checkKeyring tries the keyring, and says what that means for the configured
// store.
func checkKeyring(ctx context.Context, p *patient) []Finding {
	configured := p.login.Mode()
	at := with{"Mode": name(string(configured)), "Entry": p.where(p.login.Home.KeyringPlace())}
	err, ok := p.probe(ctx)
	if !ok {
		return nil
	}
	uses := configured == credstore.ModeKeyring || configured == credstore.ModeAuto
	if err == nil && uses {
		err = p.entryTrouble(ctx)
	}
	if err == nil {
		return []Finding{sound(at)}
	}
	at["Cause"], at["Detail"] = cause(err), detail(err)
	if shut(err) { // the keyring is not to blame
		if configured == credstore.ModeAuto {
			at["File"] = p.path(p.login.Home.EncryptedFile())
			return []Finding{warning("encrypted_auto", at)}
		}
		return []Finding{sound(at)} // the check of the login says so
	}
	why := "unusable"
	switch {
	case credstore.IsProblem(err, credstore.ProblemLocked):
		why = "locked"
	case credstore.IsProblem(err, credstore.ProblemCorrupt):
		why = "ambiguous"
	}
	switch configured {
	case credstore.ModeKeyring:
		return []Finding{problem(why, at)}
	case credstore.ModeFile:
		if p.login.Rules.Unreadable() { // file is only what it is without a word
			return []Finding{{Cause: "unknown", Severity: Skipped, values: at}}
		}
	case credstore.ModeAuto:
		return []Finding{note(why+"_auto", at)}
	case credstore.ModeEphemeral:
	}
	return []Finding{{Cause: "not_needed", Severity: Sound, values: at}}
}

// probe tries the keyring once for all checks, and not beside another call to
// it: gnome-keyring does not take that well. One that has asked for its password
// already, or has not answered, is not asked again.
func (p *patient) probe(ctx context.Context) (error, bool) { //nolint:staticcheck // the error is the answer
	stored, ok := p.load(ctx)
	if !ok {
		return nil, false
	}
	return p.keyring.get(ctx, func(ctx context.Context) error {
		for _, err := range []error{stored.err, stored.place.Fallback} {
			for _, p := range []credstore.Problem{credstore.ProblemLocked, credstore.ProblemTimeout, credstore.ProblemUnavailable} {
				if credstore.IsProblem(err, p) {
					return err
				}
			}
		}
		return unprompted(ctx, func(ctx context.Context) error { return credstore.ProbeKeyring(ctx, p.login.Home) })
	})
}

// entryTrouble is what is wrong with Codex's own entry, beside what it holds.
func (p *patient) entryTrouble(ctx context.Context) error {
	err := unprompted(ctx, func(ctx context.Context) error {
		_, _, err := credstore.Open(p.login.Home, credstore.ModeKeyring).Load(ctx)
		return err
	})
	var e *credstore.Error
	if errors.As(err, &e) && (e.Line > 0 || e.Problem == credstore.ProblemTooBig) {
		return nil // the document, of which another check speaks
	}
	if errors.Is(err, credstore.ErrNotFound) {
		return nil
	}
	return err
}

// shut reports that the encrypted file does not open, though the keyring answers.
func shut(err error) bool {
	var e *credstore.Error
	if !errors.As(err, &e) || e.Place.Kind != credstore.KindEncrypted {
		return false
	}
	switch e.Problem {
	case credstore.ProblemUnavailable, credstore.ProblemLocked, credstore.ProblemTimeout, credstore.ProblemCorrupt:
		return false
	default:
		return true
	}
}

// checkLeftovers looks for a login in a place where Codex does not look for one
// any more.
func checkLeftovers(ctx context.Context, p *patient) []Finding {
	stored, ok := p.load(ctx)
	if !ok {
		return nil
	}
	var found []Finding
	if stored.err == nil && !stored.auth.Empty() && stored.place.Kind != credstore.KindMemory {
		if _, ok := p.probe(ctx); !ok { // a keyring that hangs is asked once
			return nil
		}
		var left []credstore.Copy
		err := unprompted(ctx, func(ctx context.Context) (err error) {
			_, left, err = p.login.Leftovers(ctx)
			return err
		})
		if err != nil && ctx.Err() != nil {
			return nil
		}
		for _, c := range left {
			found = append(found, p.leftover(c, stored)...)
		}
	} else {
		found = p.unread(ctx, stored)
	}
	return or(found, with{"Place": p.where(stored.place)})
}

// unread looks at the places that the store in force does not read, where it
// has no login to hold against theirs. That may be the only one: nothing is
// mended.
func (p *patient) unread(ctx context.Context, stored storedLogin) []Finding {
	var unread []credstore.Copy
	err := unprompted(ctx, func(ctx context.Context) error {
		unread = p.login.Unread(ctx)
		return nil
	})
	var found []Finding
	for _, c := range unread {
		at := with{"Mode": name(string(p.login.Mode())), "Place": p.where(c.Place), "Fetch": yes(p.login.Mode() != credstore.ModeEphemeral)}
		if k := p.login.Home.KeyringPlace().Kind; c.Place.Kind != credstore.KindFile && c.Place.Kind != k {
			at["Feature"] = name(map[bool]string{true: "on", false: "off"}[p.login.Home.Encrypted])
		}
		if c.Err != nil {
			at["Cause"] = cause(c.Err)
			found = append(found, note("unread_shut", at))
			continue
		}
		found = append(found, note("unread", at))
	}
	switch {
	case len(found) > 0:
		return found
	case err == nil && (errors.Is(stored.err, credstore.ErrNotFound) || stored.err == nil):
		return []Finding{{Cause: "nobody", Severity: Skipped}}
	}
	return []Finding{{Cause: "unknown", Severity: Skipped, values: with{"Cause": cause(errors.Join(stored.err, err))}}}
}

// leftover words one copy. One that cannot be read is not ours to remove.
func (p *patient) leftover(c credstore.Copy, stored storedLogin) []Finding {
	at := with{"Place": p.where(c.Place), "Instead": p.where(stored.place), "Cause": cause(c.Err)}
	kind := "file"
	switch c.Place.Kind {
	case credstore.KindKeyring:
		kind = "entry"
	case credstore.KindEncrypted:
		kind = "encrypted"
	default:
	}
	switch {
	case kind == "encrypted" && c.Err != nil:
		return []Finding{note("encrypted_shut", at)}
	case credstore.IsProblem(c.Err, credstore.ProblemCorrupt):
		return []Finding{warning(kind+"_unreadable", at)}
	case c.Err != nil:
		return []Finding{{Cause: "out_of_reach", Severity: Skipped, values: at}}
	case c.Auth.SameSecret(stored.auth):
		return []Finding{warning(kind, at).mended(p.clearLeftovers(at))}
	}
	return []Finding{warning(kind+"_other", at).mended(p.clearLeftovers(at))}
}

// mostBackup is larger than any login, in bytes.
const mostBackup = 1 << 20

// checkBackups looks for copies that somebody has made.
func checkBackups(_ context.Context, p *patient) []Finding {
	var found []Finding
	for _, path := range credstore.Backups(p.login.Home) {
		info, err := os.Lstat(path)
		if err != nil || info.Size() > mostBackup {
			continue
		}
		if text, err := os.ReadFile(path); err == nil {
			if a, err := credstore.Parse(text, credstore.Place{}); err == nil && !a.Empty() {
				found = append(found, warning("login", with{"Path": p.path(path)}))
				if runtime.GOOS != "windows" {
					found = append(found, p.loose(guarded{path, 0o600, false, secret}, info)...)
				}
			}
		}
	}
	if kept := credstore.Unreadable(p.login.Home); len(kept) > 0 {
		found = append(found, note("unreadable", with{"Path": p.path(filepath.Dir(kept[0])), "Count": count(len(kept))}))
	}
	return or(found, nil)
}

func first(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}
