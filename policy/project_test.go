package policy

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

const (
	trusted   = "[projects.\"$WORK/repo\"]\ntrust_level = \"trusted\"\n"
	aKeyAlone = "forced_login_method = \"api\"\n"
)

// worktree is a repository with a second working tree.
func worktree() tree {
	return tree{
		"repo/.git/HEAD":                   "ref: refs/heads/main\n",
		"repo/.git/worktrees/wt/commondir": "../..\n",
		"repo/.git/worktrees/wt/gitdir":    "$WORK/wt/.git\n",
		"wt/.git":                          "gitdir: $WORK/repo/.git/worktrees/wt\n",
		"wt/.codex/config.toml":            aKeyAlone,
	}
}

// projectCase is a configuration whose layers, if any, demand API keys.
type projectCase struct {
	configuration
	from string // the folder of the layer that does; "" for none
}

// projectCases are judged by the real Codex too.
func projectCases() map[string]projectCase {
	repo := func(files ...string) tree {
		all := tree{"repo/.git/HEAD": "", "repo/.codex/config.toml": aKeyAlone}
		for i := 0; i < len(files); i += 2 {
			all[files[i]] = files[i+1]
		}
		return all
	}
	changed := func(name, text string) tree {
		all := worktree()
		all[name] = text
		return all
	}
	return map[string]projectCase{
		"trusted":                     {configuration{user: trusted, files: repo(), dir: "repo"}, "repo"},
		"not trusted":                 {configuration{files: repo(), dir: "repo"}, ""},
		"untrusted":                   {configuration{user: strings.Replace(trusted, "= \"t", "= \"unt", 1), files: repo(), dir: "repo"}, ""},
		"no working directory":        {configuration{user: trusted, files: repo(), dir: "gone"}, ""},
		"below the root":              {configuration{user: trusted, files: repo("repo/a/b/", ""), dir: "repo/a/b"}, "repo"},
		"nearest wins":                {configuration{user: trusted, files: repo("repo/a/.codex/config.toml", aKeyAlone), dir: "repo/a"}, "repo/a"},
		"above the root":              {configuration{user: trusted, files: repo("repo/a/.git/HEAD", ""), dir: "repo/a"}, ""},
		"empty .git is no root":       {configuration{user: trusted, files: repo("repo/a/.git/", ""), dir: "repo/a"}, "repo"},
		"submodule":                   {configuration{user: trusted, files: repo("repo/a/.git", "gitdir: ../.git/modules/a", "repo/a/.codex/config.toml", aKeyAlone), dir: "repo/a"}, ""},
		"trust of a folder alone":     {configuration{user: "projects.\"$WORK/repo/a\".trust_level = 'trusted'", files: repo("repo/a/.codex/config.toml", aKeyAlone), dir: "repo/a"}, "repo/a"},
		"distrust of a folder":        {configuration{user: trusted + "[projects.\"$WORK/repo/a\"]\ntrust_level = 'untrusted'", files: repo("repo/a/.codex/config.toml", aKeyAlone), dir: "repo/a"}, "repo"},
		"trust of a parent":           {configuration{user: "projects.\"$WORK\".trust_level = 'trusted'", files: repo(), dir: "repo"}, ""},
		"trust with a slash too many": {configuration{user: strings.Replace(trusted, "repo", "repo/", 1), files: repo(), dir: "repo"}, ""},
		"trust by the system":         {configuration{system: trusted, files: repo(), dir: "repo"}, "repo"},
		"trust by managed":            {configuration{managed: trusted, files: repo(), dir: "repo"}, "repo"},
		"trust by -c":                 {configuration{overrides: []string{`projects={"$WORK/repo"={trust_level="trusted"}}`}, files: repo(), dir: "repo"}, "repo"},
		"trust by itself":             {configuration{files: repo("repo/.codex/config.toml", aKeyAlone+trusted), dir: "repo"}, ""},
		"-c above it":                 {configuration{user: trusted, overrides: []string{"forced_login_method=chatgpt"}, files: repo(), dir: "repo"}, ""},
		"managed above it":            {configuration{user: trusted, managed: "forced_login_method = 'chatgpt'", files: repo(), dir: "repo"}, ""},
		"it above the user":           {configuration{user: "forced_login_method = 'chatgpt'\n" + trusted, files: repo(), dir: "repo"}, "repo"},
		"no markers":                  {configuration{user: "project_root_markers = []\n" + trusted, files: repo("repo/a/.codex/config.toml", aKeyAlone), dir: "repo/a"}, "repo/a"},
		"another marker":              {configuration{user: "project_root_markers = ['m']\n" + trusted, files: repo("repo/a/m", "", "repo/a/b/", ""), dir: "repo/a/b"}, ""},
		"marker is a folder":          {configuration{user: "project_root_markers = ['m/n']\n" + trusted, files: tree{"repo/m/n/": "", "repo/.codex/config.toml": aKeyAlone, "repo/a/": ""}, dir: "repo/a"}, "repo"},
		"through a link":              {configuration{user: trusted, files: repo("link", "→$WORK/repo"), dir: "link"}, "repo"},
		"trust of a link":             {configuration{user: strings.Replace(trusted, "repo", "link", 1), files: repo("link", "→$WORK/repo"), dir: "link"}, ""},
		"settings are a link":         {configuration{user: trusted, files: tree{"repo/.git/HEAD": "", "else/config.toml": aKeyAlone, "repo/.codex": "→$WORK/else"}, dir: "repo"}, "repo"},
		"settings are a file":         {configuration{user: trusted, files: tree{"repo/.git/HEAD": "", "repo/.codex": "x"}, dir: "repo"}, ""},
		"no settings":                 {configuration{user: trusted, files: tree{"repo/.git/HEAD": "", "repo/.codex/": ""}, dir: "repo"}, ""},
		"worktree":                    {configuration{user: trusted, files: worktree(), dir: "wt"}, "wt"},
		"worktree, relative":          {configuration{user: trusted, files: changed("wt/.git", "gitdir:../repo/.git/worktrees/wt"), dir: "wt"}, "wt"},
		"worktree nobody knows of":    {configuration{user: trusted, files: changed("repo/.git/worktrees/wt/gitdir", "$WORK/other/.git\n"), dir: "wt"}, ""},
		"worktree without a way back": {configuration{user: trusted, files: changed("repo/.git/worktrees/wt/commondir", "..\n"), dir: "wt"}, ""},
		"worktree to nowhere":         {configuration{user: trusted, files: changed("wt/.git", "gitdir: ../repo/.git/worktrees/no"), dir: "wt"}, ""},
		"worktree, more lines":        {configuration{user: trusted, files: changed("wt/.git", "gitdir: ../repo/.git/worktrees/wt\nx"), dir: "wt"}, ""},
		"worktree of distrust":        {configuration{user: trusted + "[projects.\"$WORK/wt\"]\ntrust_level = 'untrusted'", files: worktree(), dir: "wt"}, ""},
	}
}

func TestProject(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the paths stand in TOML texts with slashes")
	}
	for name, c := range projectCases() {
		t.Run(name, func(t *testing.T) {
			o := c.options(t)
			r, err := Load(o)
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			if v := r.Allows(ChatGPT); v != nil {
				got = v.Source.File
			}
			want := ""
			if c.from != "" {
				want = filepath.Join(strings.TrimSuffix(o.Dir, c.dir), c.from, ".codex", "config.toml")
			}
			if got != want {
				t.Errorf("API keys are demanded by %q, want %q", got, want)
			}
			if points := r.FromProject(); (c.from != "") != (len(points) > 0) {
				t.Errorf("pointed out: %+v", points)
			}
		})
	}
}

// projectFault is a configuration with a fault, and its place and key; no
// place is no fault.
type projectFault struct {
	configuration
	place, key string
}

func projectFaults() map[string]projectFault {
	repo := tree{"repo/.git/HEAD": "", "repo/.codex/config.toml": "\nforced_login_method = 1"}
	return map[string]projectFault{
		"value":     {configuration{user: trusted, files: repo, dir: "repo"}, "repo/.codex/config.toml:2:1", ForcedMethod},
		"syntax":    {configuration{user: trusted, files: tree{"repo/.git/HEAD": "", "repo/.codex/config.toml": "a\n"}, dir: "repo"}, "repo/.codex/config.toml:1:2", ""},
		"folder":    {configuration{user: trusted, files: tree{"repo/.git/HEAD": "", "repo/.codex/config.toml/": ""}, dir: "repo"}, "repo/.codex/config.toml", ""},
		"level":     {configuration{user: "\n\nprojects.x.trust_level = 'yes'", files: repo, dir: "repo"}, "config.toml:3:12", trustKey},
		"project":   {configuration{user: "projects.x = 'trusted'", files: repo, dir: "repo"}, "config.toml:1:10", "x"},
		"projects":  {configuration{user: "projects = 1", files: repo, dir: "repo"}, "config.toml:1:1", projectsKey},
		"markers":   {configuration{system: "project_root_markers = '.git'", files: repo, dir: "repo"}, "config.toml:1:1", markersKey},
		"untrusted": {configuration{files: tree{"repo/.git/HEAD": "", "repo/.codex/config.toml/": ""}, dir: "repo"}, "", ""},
		"no effect": {configuration{user: trusted, files: tree{"repo/.git/HEAD": "", "repo/.codex/config.toml": "model_provider = 1\nopenai_base_url = 2\nprofile = 3"}, dir: "repo"}, "", ""},
	}
}

func TestProjectFaults(t *testing.T) {
	for name, c := range projectFaults() {
		t.Run(name, func(t *testing.T) {
			r, err := Load(c.options(t))
			if c.place == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			var config *ConfigError
			if !errors.As(err, &config) || config.Key != c.key || !strings.Contains(err.Error(), filepath.FromSlash(c.place)+": ") {
				t.Fatalf("%v, want %s about %q", err, c.place, c.key)
			}
			blamed := slices.ContainsFunc(r.Layers(), func(l LayerReport) bool { return l.State == LayerBroken && l.Err == config && l.File == config.File })
			if !blamed {
				t.Errorf("no layer says so: %+v", r.Layers())
			}
			if stores := r.LogoutStores(); name != "value" && len(stores) != 2 {
				t.Errorf("logout looks into %q", stores)
			}
		})
	}
}

// CODEX_HOME itself is no project, wherever it is.
func TestHomeIsNoProject(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("needs the right to make links")
	}
	c := configuration{user: aKeyAlone, files: tree{"repo/.git/HEAD": ""}, dir: "repo"}
	o := c.options(t)
	if err := os.Symlink(o.Home, filepath.Join(o.Dir, ".codex")); err != nil {
		t.Fatal(err)
	}
	o.Overrides = []string{`projects={"` + o.Dir + `"={trust_level="trusted"}}`}
	r, err := Load(o)
	if err != nil || r.Allows(ChatGPT).Source.Layer != LayerUser {
		t.Error(r.Allows(ChatGPT), err)
	}
}

// A project is looked for on this machine only.
func TestProjectOfAnotherMachine(t *testing.T) {
	o := configuration{files: tree{"repo/.git/HEAD": "", "repo/.codex/config.toml": "broken"}, dir: "repo"}.options(t)
	o.ReadFile = func(string) ([]byte, error) { return nil, os.ErrNotExist }
	if _, err := Load(o); err != nil {
		t.Error(err)
	}
}
