package doctor

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

// guarded is a file or folder that holds a secret or decides about one.
type guarded struct {
	path string
	// most is the widest mode that is safe.
	most fs.FileMode
	// secret: who may read it has the login. Otherwise who may write it can
	// change where the login goes.
	secret bool
}

// mostLooked is how many files of the account book are looked at: each has the
// same mode, unless somebody has changed it.
const mostLooked = 200

func (p *patient) guarded() []guarded {
	home := p.login.Home.Path
	own := filepath.Join(home, "codex-login")
	all := []guarded{
		{home, 0o755, false},
		{p.login.Home.AuthFile(), 0o600, true},
		{own, 0o700, true},
		{filepath.Join(own, "accounts"), 0o700, true},
		{filepath.Join(own, "unreadable"), 0o700, true},
		{filepath.Join(own, "tmp"), 0o700, true},
	}
	settings := guarded{filepath.Join(home, "config.toml"), 0o755, false}
	if p.holdsSecret(settings.path) {
		settings.most, settings.secret = 0o600, true
	}
	all = append(all, settings)
	if log := p.login.Rules.LogDir.Value; log != "" {
		all = append(all, guarded{filepath.Join(log, "codex-login.log"), 0o600, true})
	}
	for _, pattern := range []string{"accounts/*.json", "unreadable/*"} {
		files, _ := filepath.Glob(filepath.Join(own, filepath.FromSlash(pattern)))
		for _, f := range files[:min(len(files), mostLooked)] {
			all = append(all, guarded{f, 0o600, true})
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
	looked := 0
	for _, g := range p.guarded() {
		info, err := os.Stat(g.path) // the secret is where a link leads
		if err != nil {
			continue // it is not there, or another check says so
		}
		looked++
		if uid, ok := owner(info); ok && uid != me() && (me() != 0 || g.secret) {
			found = append(found, warning("owner", with{"Path": p.path(g.path), "Owner": count(uid), "Me": count(me())}))
			continue // what others own, they decide about
		}
		found = append(found, p.loose(g, info)...)
	}
	if info, err := os.Stat(p.login.Home.AuthFile()); err == nil && info.Mode().IsRegular() && info.Mode().Perm()&0o200 == 0 {
		found = append(found, warning("shut", with{"Path": p.path(p.login.Home.AuthFile()), "Mode": mode(info.Mode())}))
	}
	return or(found, with{"Count": count(looked)})
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
	case g.secret:
		f = problem("loose", nil)
	case others&0o007 == 0: // a group of one's own, as many systems give each person
		f = note("group", nil)
	}
	f.values = with{"Path": p.path(g.path), "Mode": mode(now), "Want": mode(want)}
	return []Finding{f.mended(p.chmod(g.path, now, want))}
}
