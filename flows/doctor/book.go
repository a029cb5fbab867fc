package doctor

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"syscall"

	"codex-login/credstore"
	"codex-login/flows"
)

// checkBook looks for what a killed run has left half done.
func checkBook(ctx context.Context, p *patient) []Finding {
	var found []Finding
	if from, to, half := p.login.HalfDone(ctx); half {
		found = append(found, problem("moving", with{"From": name(string(from)), "To": name(string(to)), "Mode": name(string(p.login.Mode()))}).mended(p.mend()))
	}
	cards, err := credstore.OpenBook(p.login.Home, p.login.Mode()).Cards(ctx)
	if err != nil {
		found = append(found, problem("unreadable", with{"Path": p.path(filepath.Join(p.login.Home.Path, "codex-login", "accounts")), "Cause": cause(err), "NoFolder": yes(errors.Is(err, syscall.ENOTDIR))}))
	}
	for _, c := range cards {
		if c.Ended != nil && c.Pages > 0 {
			found = append(found, note("ended", with{"Account": name(first(c.Label, c.Email, c.KeyHint, c.ID)), "Reason": wordOf("doctor.word.ended_", flows.EndReason(c.Ended.Reason).Known())}))
		}
	}
	found = append(found, p.spoiledPages()...)
	return or(found, with{"Count": count(len(cards))})
}

// spoiledPages are those of the account book that nobody can be switched to.
func (p *patient) spoiledPages() []Finding {
	var found []Finding
	pages, _ := filepath.Glob(filepath.Join(p.login.Home.Path, "codex-login", "accounts", "*.json"))
	for _, page := range pages[:min(len(pages), mostLooked)] {
		at := with{"Path": p.path(page)}
		info, err := os.Stat(page)
		switch {
		case err != nil: // it is gone by now
			continue
		case !info.Mode().IsRegular() || info.Size() > mostBackup:
			found = append(found, warning("page", at))
			continue
		}
		text, err := os.ReadFile(page)
		if err != nil {
			continue // whose it is, Permissions says
		}
		if _, err := credstore.Parse(text, credstore.Place{}); err != nil {
			at["Detail"] = detail(err)
			found = append(found, warning("page", at))
		}
	}
	return found
}
