package policy

import (
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// The keys that decide over a project's layers. They are taken from all other
// layers together.
const (
	markersKey  = "project_root_markers"
	projectsKey = "projects"
	trustKey    = "trust_level"
)

// notFromProjects are the keys that Codex does not take from a project's
// layer, as far as they are about signing in.
var notFromProjects = []string{OpenAIBaseURLKey, ChatGPTBaseURLKey, ProviderKey, providersKey, ProfileKey, "profiles"}

// project is what Codex looks for around the working directory: every folder
// from the root of the project down to it may have a .codex/config.toml.
type project struct {
	root, dir string
	// repository is the main working tree, where the root is another one of it.
	repository string
	trust      map[string]bool
}

// readProject reads the layers of the project around Options.Dir, the nearest
// last. others are all layers but these.
func (o Options) readProject(others table) []document {
	dir, err := filepath.EvalSymlinks(o.Dir) // as Codex gets it from the system
	if o.Dir == "" || o.ReadFile != nil || err != nil {
		return nil
	}
	p, bad := findProject(dir, others)
	if bad != nil {
		// Nobody knows what the project would have said.
		return []document{{at: Source{Layer: LayerProject}, state: LayerBroken, err: bad}}
	}
	var found []document
	for _, folder := range p.folders() {
		settings := filepath.Join(folder, ".codex")
		file := filepath.Join(settings, "config.toml")
		if _, err := os.Stat(file); err != nil && os.IsNotExist(err) || !isFolder(settings) || sameFolder(settings, o.Home) {
			continue
		}
		if !p.trusts(folder) {
			found = append(found, document{at: Source{Layer: LayerProject, File: file}, state: LayerUntrusted})
			continue
		}
		d := o.readFile(LayerProject, settings, "config.toml")
		d.drop(notFromProjects)
		found = append(found, d)
	}
	return found
}

func findProject(dir string, others table) (project, *ConfigError) {
	p := project{root: dir, dir: dir, repository: repository(dir)}
	var r reader
	p.trust = r.trust(others)
	markers := []string{".git"}
	if d := r.list(others, markersKey); d != nil {
		markers = d.Values
	}
	for folder := range ancestors(dir) {
		if slices.ContainsFunc(markers, func(m string) bool { return marks(folder, m) }) {
			p.root = folder
			break
		}
	}
	return p, r.err
}

// folders are those from the root down to the working directory.
func (p project) folders() []string {
	var all []string
	for folder := range ancestors(p.dir) {
		all = append(all, folder)
		if folder == p.root {
			break
		}
	}
	slices.Reverse(all)
	return all
}

// trusts looks for the folder itself, the root and the repository: the first
// of which anything is said decides.
func (p project) trusts(folder string) bool {
	for _, name := range []string{folder, p.root, p.repository} {
		if trusted, said := p.trust[trustName(name)]; said {
			return trusted
		}
	}
	return false
}

// trustName is how a path is looked up. Case is nothing on Windows.
func trustName(path string) string {
	if runtime.GOOS == "windows" {
		return strings.ToLower(path)
	}
	return path
}

// trust reads the levels of [projects."…"].
func (r *reader) trust(config table) map[string]bool {
	levels := map[string]bool{}
	if _, said := config[projectsKey]; !said {
		return levels
	}
	all, ok := config[projectsKey].value.(table)
	if !ok {
		r.fail(config, projectsKey, "must be a table")
	}
	for _, path := range slices.Sorted(maps.Keys(all)) {
		one, ok := all[path].value.(table)
		if !ok {
			r.fail(all, path, "must be a table")
			continue
		}
		if level, ok := r.choice(one, trustKey, []string{"trusted", "untrusted"}); ok {
			levels[trustName(path)] = level.Value == "trusted"
		}
	}
	return levels
}

// ancestors yields a folder and those around it.
func ancestors(folder string) func(func(string) bool) {
	return func(yield func(string) bool) {
		for yield(folder) {
			parent := filepath.Dir(folder)
			if parent == folder {
				return
			}
			folder = parent
		}
	}
}

// marks reports whether a folder has a marker. A .git folder counts with a
// HEAD only, so that an empty one does not.
func marks(folder, marker string) bool {
	path := filepath.Join(folder, marker)
	if marker == ".git" && isFolder(path) {
		path = filepath.Join(path, "HEAD")
	}
	_, err := os.Stat(path)
	return err == nil
}

// repository is the main working tree of the repository around a folder; "" for
// none, and for a submodule.
func repository(dir string) string {
	for folder := range ancestors(dir) {
		switch path := filepath.Join(folder, ".git"); {
		case !marks(folder, ".git"):
		case isFolder(path):
			return folder
		default:
			return mainWorktree(path)
		}
	}
	return ""
}

// mainWorktree follows the .git file of a further working tree. The main one
// has to know of it: otherwise any folder could borrow another's trust.
func mainWorktree(file string) string {
	folder := pointer(file, "gitdir:")
	common := pointer(filepath.Join(folder, "commondir"), "")
	if folder == "" || common == "" || pointer(filepath.Join(folder, "gitdir"), "") != file {
		return ""
	}
	if filepath.Dir(folder) != filepath.Join(common, "worktrees") || filepath.Base(common) != ".git" {
		return ""
	}
	return filepath.Dir(common)
}

// pointer reads a file of git that holds a path and nothing else, and returns
// where it leads; "" for nowhere.
func pointer(file, prefix string) string {
	text, err := readFile(file)
	line, ok := strings.CutPrefix(strings.TrimSpace(string(text)), prefix)
	path := strings.TrimSpace(line)
	if err != nil || !ok || path == "" {
		return ""
	}
	if !filepath.IsAbs(path) {
		path = filepath.Join(filepath.Dir(file), path)
	}
	path, err = filepath.EvalSymlinks(path)
	if err != nil {
		return "" // also for what has a second line
	}
	return path
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

func sameFolder(a, b string) bool {
	one, err1 := os.Stat(a)
	other, err2 := os.Stat(b)
	return err1 == nil && err2 == nil && os.SameFile(one, other)
}
