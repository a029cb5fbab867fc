package policy

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

// verdict is what a test expects of a Violation: "ok", or rule and effect.
func verdict(v *Violation) string {
	if v == nil {
		return "ok"
	}
	return v.Rule + " " + string(v.Effect)
}

func TestRules(t *testing.T) {
	const (
		forcedMethod      = "forced_login_method sign-out"
		forcedWorkspace   = "forced_chatgpt_workspace_id sign-out"
		allowedMethod     = "allowed_login_methods hide"
		allowedWorkspaces = "allowed_chatgpt_workspaces hide"
	)
	type login struct {
		credential Credential
		workspace  string
		allows     string // before the sign-in
		check      string // with the login in hand
	}
	for name, test := range map[string]struct {
		configuration
		workspaces []string
		logins     []login
	}{
		"nothing said": {logins: []login{
			{ChatGPT, "", "ok", "ok"},
			{API, "", "ok", "ok"},
			{AccessToken, "", "ok", "ok"},
		}},
		"forced chatgpt": {configuration{user: `forced_login_method = "chatgpt"`}, nil, []login{
			{ChatGPT, "", "ok", "ok"},
			{AccessToken, "", "ok", "ok"},
			{API, "", forcedMethod, forcedMethod},
		}},
		"forced api": {configuration{user: `forced_login_method = "api"`}, nil, []login{
			{ChatGPT, "a", forcedMethod, forcedMethod},
			{AccessToken, "", forcedMethod, forcedMethod},
			{API, "", "ok", "ok"},
		}},
		"forced workspace as text": {configuration{user: `forced_chatgpt_workspace_id = " a "`}, []string{"a"}, []login{
			{ChatGPT, "a", "ok", "ok"},
			{ChatGPT, "b", "ok", forcedWorkspace},
			{ChatGPT, "", "ok", forcedWorkspace},
			{AccessToken, "b", "ok", forcedWorkspace},
			{API, "", "ok", "ok"},
		}},
		"forced workspaces as list, blanks dropped": {configuration{user: `forced_chatgpt_workspace_id = ["b ", "", " ", "a,c"]`}, []string{"b", "a,c"}, []login{
			{ChatGPT, "a,c", "ok", "ok"},
			{ChatGPT, "a", "ok", forcedWorkspace},
		}},
		"forced workspace, nothing but blanks": {configuration{user: `forced_chatgpt_workspace_id = ["", "  "]`}, nil, []login{
			{ChatGPT, "a", "ok", "ok"},
			{ChatGPT, "", "ok", "ok"},
		}},
		"allowed methods": {configuration{requirements: `allowed_login_methods = ["api"]`}, nil, []login{
			{ChatGPT, "", allowedMethod, allowedMethod},
			{AccessToken, "", allowedMethod, allowedMethod},
			{API, "", "ok", "ok"},
		}},
		"allowed workspaces": {configuration{requirements: `allowed_chatgpt_workspaces = ["a", " b"]`}, []string{"a", "b"}, []login{
			{ChatGPT, "b", "ok", "ok"},
			{ChatGPT, "c", "ok", allowedWorkspaces},
			{ChatGPT, "", "ok", allowedWorkspaces},
			{API, "", "ok", "ok"},
		}},
		"no workspace allowed, API still is": {configuration{requirements: `allowed_chatgpt_workspaces = []`}, []string{}, []login{
			{ChatGPT, "a", allowedWorkspaces, allowedWorkspaces},
			{AccessToken, "a", allowedWorkspaces, allowedWorkspaces},
			{API, "", "ok", "ok"},
		}},
		"forced meets allowed": {configuration{
			requirements: `allowed_chatgpt_workspaces = ["a", "c"]`,
			user:         `forced_chatgpt_workspace_id = ["c", "b", "a"]`,
		}, []string{"c", "a"}, []login{
			{ChatGPT, "a", "ok", "ok"},
			{ChatGPT, "b", "ok", allowedWorkspaces},
			{ChatGPT, "x", "ok", forcedWorkspace},
		}},
		"forced and allowed disjoint": {configuration{
			requirements: `allowed_chatgpt_workspaces = ["a"]`,
			user:         `forced_chatgpt_workspace_id = "b"`,
		}, []string{}, []login{
			{ChatGPT, "a", allowedWorkspaces, forcedWorkspace},
			{ChatGPT, "b", allowedWorkspaces, allowedWorkspaces},
			{API, "", "ok", "ok"},
		}},
		"method before workspace": {configuration{user: "forced_login_method = 'api'\nforced_chatgpt_workspace_id = 'b'"}, []string{"b"}, []login{
			{ChatGPT, "a", forcedMethod, forcedMethod},
		}},
		"forced before allowed": {configuration{
			requirements: `allowed_login_methods = ["chatgpt"]`,
			managed:      `forced_login_method = "chatgpt"`,
		}, nil, []login{
			{API, "", forcedMethod, forcedMethod},
		}},
		"keys in the wrong layer": {configuration{
			requirements: `forced_login_method = "api"`,
			managed:      `allowed_login_methods = ["api"]`,
		}, nil, []login{
			{ChatGPT, "", "ok", "ok"},
			{API, "", "ok", "ok"},
		}},
		"keys in a table": {configuration{user: "[forced]\nforced_login_method = 'api'"}, nil, []login{
			{ChatGPT, "", "ok", "ok"},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			r := test.load(t)
			if got := r.Workspaces(); !slices.Equal(got, test.workspaces) || (got == nil) != (test.workspaces == nil) {
				t.Errorf("workspaces %q, want %q", got, test.workspaces)
			}
			for _, l := range test.logins {
				if got := verdict(r.Allows(l.credential)); got != l.allows {
					t.Errorf("Allows(%s): %s, want %s", l.credential, got, l.allows)
				}
				if got := verdict(r.Check(l.credential, l.workspace)); got != l.check {
					t.Errorf("Check(%s, %q): %s, want %s", l.credential, l.workspace, got, l.check)
				}
			}
		})
	}
}

// Codex signs out by the id_token's claim and hides by tokens.account_id.
func TestCheckStoredReadsBothWorkspaces(t *testing.T) {
	forced := configuration{user: `forced_chatgpt_workspace_id = "a"`}.load(t)
	allowed := configuration{requirements: `allowed_chatgpt_workspaces = ["a"]`}.load(t)
	for _, test := range []struct{ claim, account, forced, allowed string }{
		{"a", "a", "ok", "ok"},
		{"a", "", "ok", "ok"},
		{"x", "a", "forced_chatgpt_workspace_id sign-out", "ok"},
		{"", "a", "forced_chatgpt_workspace_id sign-out", "ok"},
		{"a", "x", "forced_chatgpt_workspace_id hide", "allowed_chatgpt_workspaces hide"},
		{"x", "", "forced_chatgpt_workspace_id sign-out", "allowed_chatgpt_workspaces hide"},
		{"", "", "forced_chatgpt_workspace_id sign-out", "allowed_chatgpt_workspaces hide"},
	} {
		if got := verdict(forced.CheckStored(ChatGPT, test.claim, test.account)); got != test.forced {
			t.Errorf("forced, claim %q, account %q: %s, want %s", test.claim, test.account, got, test.forced)
		}
		if got := verdict(allowed.CheckStored(ChatGPT, test.claim, test.account)); got != test.allowed {
			t.Errorf("allowed, claim %q, account %q: %s, want %s", test.claim, test.account, got, test.allowed)
		}
	}
}

func TestConflict(t *testing.T) {
	for name, c := range map[string]configuration{
		"no method allowed":            {requirements: `allowed_login_methods = []`},
		"forced against allowed":       {requirements: `allowed_login_methods = ["api"]`, user: `forced_login_method = "chatgpt"`},
		"chatgpt without a workspace":  {requirements: "allowed_login_methods = ['chatgpt']\nallowed_chatgpt_workspaces = ['']"},
		"forced chatgpt, disjoint ids": {requirements: `allowed_chatgpt_workspaces = ["a"]`, user: "forced_login_method = 'chatgpt'\nforced_chatgpt_workspace_id = 'b'"},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := Load(c.options(t))
			var conflict *ConflictError
			if !errors.As(err, &conflict) {
				t.Fatalf("error %v, want a conflict", err)
			}
			for _, d := range conflict.Demands {
				if !strings.Contains(err.Error(), d.Rule) || !strings.Contains(err.Error(), d.Source.String()) {
					t.Errorf("%q does not name %s", err, d.Source)
				}
			}
			for _, c := range []Credential{ChatGPT, API, AccessToken} {
				if r.Allows(c) == nil {
					t.Errorf("%s is allowed", c)
				}
			}
			if got := r.LogoutStores(); !slices.Equal(got, []string{"file"}) {
				t.Errorf("logout stores %q", got)
			}
		})
	}
}

func TestCodexMessage(t *testing.T) {
	forced := func(m string) *Rules { return configuration{user: `forced_login_method = "` + m + `"`}.load(t) }
	both := configuration{
		requirements: `allowed_chatgpt_workspaces = ["c", "a", "b"]`,
		user:         `forced_chatgpt_workspace_id = ["b", " x ", "c"]`,
	}.load(t)
	for _, test := range []struct {
		v               *Violation
		signIn, atStart string
	}{
		{forced("chatgpt").Allows(API), "API key login is disabled. Use ChatGPT login instead.", "ChatGPT login is required, but an API key is currently being used. Logging out."},
		{forced("api").Allows(ChatGPT), "ChatGPT login is disabled. Use API key login instead.", "API key login is required, but ChatGPT is currently being used. Logging out."},
		{forced("api").Allows(AccessToken), "Access token login is disabled. Use API key login instead.", "API key login is required, but ChatGPT is currently being used. Logging out."},
		{both.Check(ChatGPT, "a"), "Error logging in: Login is restricted to workspace id(s) b, c.", "Login is restricted to workspace(s) b, x, c, but current credentials belong to a. Logging out."},
		{both.Check(ChatGPT, ""), "Error logging in: Login is restricted to a specific workspace, but the token did not include an chatgpt_account_id claim.", "Login is restricted to workspace(s) b, x, c, but current credentials lack a workspace identifier. Logging out."},
		{both.Check(ChatGPT, "x"), "Error logging in: Login is restricted to workspace id(s) b, c.", "Not logged in"},
	} {
		if got := test.v.CodexMessage(AtSignIn); got != test.signIn {
			t.Errorf("sign-in: %q, want %q", got, test.signIn)
		}
		if got := test.v.CodexMessage(AtStart); got != test.atStart {
			t.Errorf("start: %q, want %q", got, test.atStart)
		}
	}
}

func TestTextsCarryNoControlCharacters(t *testing.T) {
	r := configuration{user: `forced_chatgpt_workspace_id = "a\u001b[2J\u202e"`}.load(t)
	v := r.Check(ChatGPT, "b\x1b]0;x\a\u009b")
	for _, text := range []string{v.Error(), v.CodexMessage(AtSignIn), v.CodexMessage(AtStart), v.Workspace, v.Demanded[0]} {
		if strings.ContainsAny(text, "\x1b\a\u009b\u202e") {
			t.Errorf("%q", text)
		}
	}
	if r.Check(ChatGPT, "a\x1b[2J\u202e") != nil {
		t.Error("the comparison itself is by the whole value")
	}
}
