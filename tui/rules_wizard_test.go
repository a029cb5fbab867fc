package tui

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"codex-login/credstore"
	"codex-login/flows"
	"codex-login/flows/sandbox"
	"codex-login/policy"

	tea "github.com/charmbracelet/bubbletea"
)

// TestChecksLeadBack: from the picker to each look and back, and the picker is
// as it was.
func TestChecksLeadBack(t *testing.T) {
	d := drive(t, liveEnv(t, startSandbox(t, nil)), "")
	until[picker](d, nil)
	d.key("down", "h")
	until[checks](d, nil)
	d.key("2")
	until[rules](d, nil)
	d.sees("openai_base_url")
	d.key("tab")
	d.sees("Where Codex reads it")
	d.key("p")
	until[provider](d, nil)
	d.key("esc", "esc")
	until[checks](d, nil)
	d.key("5")
	until[compare](d, nil)
	d.key("esc", "esc")
	if p := until[picker](d, nil); p.row != 1 {
		t.Errorf("the picker is at row %d", p.row)
	}
}

// TestBarredAccount: what OpenAI's side refuses has a screen of its own, from
// which another account or a key may be tried.
func TestBarredAccount(t *testing.T) {
	s := startSandbox(t, func(b *sandbox.Behaviour) {
		b.Refuse = &sandbox.Refusal{Error: "access_denied", Description: "codex_cli_workspace_disabled, request id 0123456789abcdef"}
	})
	d := drive(t, liveEnv(t, s), flows.Browser)
	waiting := until(d, browser.waiting)
	go func() { _, _ = s.Approve(t.Context(), waiting.challenge.URL, sandbox.MinaHarbour) }()
	bar := until[barred](d, nil)
	d.sees("An admin has switched Codex off for this workspace")
	d.sees("0123456789abcdef")
	if text := bar.adminText(); !strings.Contains(text, "codex_cli_workspace_disabled") || !strings.Contains(text, "0123456789abcdef") {
		t.Errorf("the admin is told %s", text)
	}
	d.key("k")
	until[secret](d, nil)
	d.key("esc")
	until[picker](d, nil)
	if d.stored() != "" {
		t.Error("something was stored")
	}
}

// TestRejectionGoesOn: one key leads to the way that is still allowed.
func TestRejectionGoesOn(t *testing.T) {
	s := startSandbox(t, nil)
	e := liveEnv(t, s, `forced_login_method = "api"`)
	login := `{"auth_mode":"chatgpt","tokens":{"id_token":"eyJhbGciOiJub25lIn0.eyJlbWFpbCI6ImFAZXhhbXBsZS50ZXN0In0.c2ln","access_token":"a","refresh_token":"r"}}`
	if err := os.WriteFile(e.login.Home.AuthFile(), []byte(login), 0o600); err != nil {
		t.Fatal(err)
	}
	d := drive(t, e, "")
	until[refused](d, nil)
	d.sees("You have been signed out")
	d.sees("Still allowed: API key.")
	if d.stored() != "" {
		t.Error("the login is still there")
	}
	d.key("n")
	until[secret](d, nil)
	d.send(paste(s.NewAPIKey(sandbox.MinaPlus)))
	d.key("enter")
	until[done](d, nil)
	d.key("enter")
	if !d.root.leave || d.root.err != nil {
		t.Errorf("leave %v, err %v", d.root.leave, d.root.err)
	}
}

// TestSignedInUnderAForbiddenVariable says what Codex will do to the login.
func TestSignedInUnderAForbiddenVariable(t *testing.T) {
	s := startSandbox(t, nil)
	e := liveEnv(t, s, `forced_login_method = "chatgpt"`)
	e.login.Environment = func(name string) string {
		return map[string]string{"CODEX_API_KEY": "sk-proj-0123456789"}[name]
	}
	d := drive(t, e, "")
	until[picker](d, nil)
	d.sees("CODEX_API_KEY is set, but forced_login_method")
	r := flows.Receipt{Account: accountOf(ordinary), ID: "chatgpt-0123456789abcdef"}
	next, _ := d.root.arrive(isStored{r})
	if view := next.View(); !strings.Contains(strings.Join(strings.Fields(view), " "), "unset CODEX_API_KEY") {
		t.Errorf("the end of the sign-in does not warn:\n%s", view)
	}
}

// TestProjectIsPointedOut: what a trusted repository changes about logins is on
// the picker and above the accounts.
func TestProjectIsPointedOut(t *testing.T) {
	repository := t.TempDir()
	folder, err := filepath.EvalSymlinks(repository)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(folder, ".codex", "config.toml")
	home := t.TempDir()
	if err := errors.Join(
		os.Mkdir(filepath.Dir(file), 0o755), os.WriteFile(file, []byte("cli_auth_credentials_store = \"file\"\n"), 0o600),
		os.WriteFile(filepath.Join(home, "config.toml"), []byte("[projects.'"+folder+"']\ntrust_level = \"trusted\"\n"), 0o600),
	); err != nil {
		t.Fatal(err)
	}
	trusted, err := policy.Load(policy.Options{Home: home, System: t.TempDir(), Dir: folder})
	if err != nil {
		t.Fatal(err)
	}
	e := envWith(t, &flows.Login{Home: credstore.Home{Path: home}, Rules: trusted})
	for name, found := range map[string]checkedMsg{
		"picker":   {err: credstore.ErrNotFound},
		"accounts": {listing: listing{Accounts: flows.Accounts{Entries: entriesOf(ordinary)}}},
	} {
		r := newRoot(e, "", credstore.ModeFile, nil)
		r, _ = r.update(tea.WindowSizeMsg{Width: 120, Height: 40})
		r, _ = r.update(found)
		if view := r.View(); !strings.Contains(view, "This repository decides cli_auth_credentials_store = file") {
			t.Errorf("%s:\n%s", name, view)
		}
	}
}
