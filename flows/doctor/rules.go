package doctor

import (
	"context"
	"errors"
	"path/filepath"
	"strings"

	"codex-login/policy"
)

// checkConfiguration looks whether every layer can be read.
func checkConfiguration(_ context.Context, p *patient) []Finding {
	var found []Finding
	layers, closed := 0, false
	for _, l := range p.login.Rules.Layers() {
		switch {
		case l.Err != nil && p.barred() && filepath.Dir(l.File) == p.login.Home.Path: // the folder's row says so
			closed = true
		case l.Err != nil:
			found = append(found, p.broken(l.Err))
		case l.State == policy.LayerRead && l.File != "":
			layers++
		}
	}
	// A value that cannot be used is no layer's fault alone.
	var bad *policy.ConfigError
	if len(found) == 0 && errors.As(p.Trouble, &bad) && !p.barred() {
		found = append(found, p.broken(bad))
	}
	if len(found) == 0 && closed {
		return []Finding{{Cause: causeNoEntry, Severity: Skipped}}
	}
	return or(found, with{"Count": count(layers)})
}

func (p *patient) broken(e *policy.ConfigError) Finding {
	return problem("broken", with{"Place": p.position(e), "Detail": detail(e), "Line": yes(e.Line > 0)})
}

// checkRules looks what the admin demands, and whether the login obeys.
func checkRules(ctx context.Context, p *patient) []Finding {
	var unreadable *policy.ConfigError
	if errors.As(p.Trouble, &unreadable) {
		return []Finding{{Cause: "unknown", Severity: Skipped}}
	}
	var found []Finding
	demands := p.login.Rules.Demands()
	var clash *policy.ConflictError
	if errors.As(p.Trouble, &clash) {
		found = append(found, problem("conflict", with{"Rules": p.demands(clash.Demands)}))
	}
	stored, ok := p.load(ctx)
	if !ok {
		return nil
	}
	var v *policy.Violation
	if clash == nil && errors.As(stored.entryErr, &v) {
		why := "violated_hidden"
		if v.Effect == policy.SignOut {
			why = "violated"
		}
		found = append(found, problem(why, with{"Rule": name(v.Rule), "Demanded": name(strings.Join(v.Demanded, ", ")), "Source": p.place(v.Source)}))
	}
	if store := p.login.Rules.Store; p.login.Rules.StorePinned || store.Source.Layer == policy.LayerManaged {
		found = append(found, note("store", with{"Mode": name(store.Value), "Source": p.place(store.Source)}))
	}
	for _, d := range demands {
		if len(found) == 0 || found[0].Severity == Note {
			found = append(found, note("demand", with{"Rule": name(d.Rule), "Demanded": name(strings.Join(d.Values, ", ")), "Source": p.place(d.Source)}))
		}
	}
	return or(found, nil)
}

// demands are rules in a line, each with its place.
func (p *patient) demands(all []policy.Demand) shown {
	var out []string
	for _, d := range all {
		out = append(out, d.Rule+" ("+p.place(d.Source).text+")")
	}
	return clean(strings.Join(out, ", "))
}

// checkProject looks for a repository that would decide about the login.
func checkProject(_ context.Context, p *patient) []Finding {
	var found []Finding
	for _, l := range p.login.Rules.Layers() {
		if l.Layer == policy.LayerProject && l.State == policy.LayerUntrusted {
			found = append(found, note("untrusted", with{"Path": p.path(l.File)}))
		}
	}
	for _, s := range p.login.Rules.FromProject() {
		found = append(found, warning("decides", with{"Key": name(s.Key), "Source": p.place(s.Source())}))
	}
	return or(found, nil)
}
