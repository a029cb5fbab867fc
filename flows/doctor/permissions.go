package doctor

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"codex-login/credstore"
)

// guarded is a file or folder that holds a secret or decides about one.
type guarded struct {
	path string
	// most is the widest mode that is safe.
	most   fs.FileMode
	folder bool
	worth  worth
}

// worth is what somebody gains who gets at it.
type worth int

const (
	settings worth = iota // who may write it can change where the login goes
	private               // who may read it knows who signs in, and when
	secret                // who may read it has the login
)

// mostLooked is how many files of the account book are looked at: each has the
// same mode, unless somebody has changed it.
const mostLooked = 200

func (p *patient) guarded() []guarded {
	home := p.login.Home.Path
	own := filepath.Join(home, "codex-login")
	all := []guarded{
		{home, 0o755, true, settings},
		{p.login.Home.AuthFile(), 0o600, false, secret},
		{own, 0o700, true, private},
		{filepath.Join(own, "accounts"), 0o700, true, private},
		{filepath.Join(own, "unreadable"), 0o700, true, private},
		{filepath.Join(own, "tmp"), 0o700, true, private},
	}
	config := guarded{filepath.Join(home, "config.toml"), 0o755, false, settings}
	if p.holdsSecret(config.path) {
		config.most, config.worth = 0o600, secret
	}
	all = append(all, config)
	if log := p.login.Rules.LogDir.Value; log != "" {
		all = append(all, guarded{filepath.Join(log, "codex-login.log"), 0o600, false, private})
	}
	for _, pattern := range []string{"accounts/*.json", "unreadable/*"} {
		files, _ := filepath.Glob(filepath.Join(own, filepath.FromSlash(pattern)))
		for _, f := range files[:min(len(files), mostLooked)] {
			all = append(all, guarded{f, 0o600, false, secret})
		}
	}
	return all
}

// holdsSecret reports whether a file of settings has a token in it.
func (p *patient) holdsSecret(path string) bool {
	for _, s := range p.login.Rules.Settings() {
		for _, said := range s.Said {
			if said.Hidden && said.Source.File == path {
				return true
			}
		}
	}
	return false
}

// checkPermissions looks at who may read the secrets and change the settings.
func checkPermissions(_ context.Context, p *patient) []Finding {
	if runtime.GOOS == "windows" {
		return []Finding{{Cause: "not_here", Severity: Skipped}}
	}
	var found []Finding
	looked, others := 0, false
	for _, g := range p.guarded() {
		info, err := os.Stat(g.path) // the secret is where a link leads
		if err != nil || g.folder != info.IsDir() || !g.folder && !info.Mode().IsRegular() {
			continue // it is not there, or no file to be closed: other checks say so
		}
		looked++
		switch uid, ok := owner(info); {
		case !ok || uid == me() || me() == 0 && g.worth != secret:
			found = append(found, p.loose(g, info)...)
		case others: // what others own, they decide about
		default:
			f := p.foreign(g.path, uid, me())
			others = f.Cause == "other_home"
			found = append(found, f)
		}
	}
	if info, err := os.Stat(p.login.Home.AuthFile()); err == nil && info.Mode().IsRegular() && info.Mode().Perm()&0o200 == 0 {
		found = append(found, warning("shut", with{"Path": p.path(p.login.Home.AuthFile()), "Mode": mode(info.Mode())}))
	}
	return or(found, with{"Count": count(looked)})
}

// foreign words a file that is another user's. Root who looks into that user's
// home would lock the user out by taking it; what a link leads to elsewhere is
// nobody's to take.
func (p *patient) foreign(path string, uid, me int) Finding {
	at := with{"Path": p.path(path), "Owner": count(uid), "Me": count(me)}
	if real, outside := p.leads(path); outside {
		at["Real"] = p.path(real)
		return warning("owner_outside", at)
	}
	if home, err := os.Stat(p.login.Home.Path); err == nil && me == 0 {
		if of, ok := owner(home); ok && of == uid {
			return warning("other_home", at)
		}
	}
	return warning("owner", at)
}

// leads is the file itself behind all links, and whether it is outside of
// CODEX_HOME.
func (p *patient) leads(path string) (real string, outside bool) {
	home, err := filepath.EvalSymlinks(p.login.Home.Path)
	if err != nil {
		return path, false
	}
	if real, err = filepath.EvalSymlinks(path); err != nil {
		return path, false
	}
	inside, err := filepath.Rel(home, real)
	if err != nil || !filepath.IsLocal(inside) {
		// The log's folder may be anywhere; only a link surprises.
		info, err := os.Lstat(path)
		return real, err == nil && info.Mode()&fs.ModeSymlink != 0
	}
	return real, false
}

// loose finds the rights that others have and should not.
func (p *patient) loose(g guarded, info fs.FileInfo) []Finding {
	now := info.Mode().Perm()
	others := now & 0o077 &^ g.most
	if others == 0 {
		return nil
	}
	want := now &^ others
	f := problem("writable", nil)
	switch {
	case g.worth == secret:
		f = problem("loose", nil)
	case g.worth == private:
		f = warning("open", nil)
	case others&0o007 == 0: // a group of one's own, as many systems give each person
		f = note("group", nil)
	}
	f.values = with{"Path": p.path(g.path), "File": p.path(g.path), "Mode": mode(now), "Want": mode(want)}
	real, outside := p.leads(g.path)
	if outside {
		f.values["File"], f.values["Link"] = p.path(real), p.path(g.path)
	}
	// What a fix would refuse is not offered, nor a chmod of what is no login of
	// anybody's: a link may lead to a file of the system.
	if outside && !credstore.MayHoldLogin(real) {
		return []Finding{f}
	}
	if uid, ok := owner(info); ok && uid != me() || me() != 0 && now&0o400 == 0 {
		return []Finding{f}
	}
	fix := p.chmod(g.path, now, want)
	fix.values = f.values
	return []Finding{f.mended(fix)}
}
