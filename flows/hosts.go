package flows

import (
	"io"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strings"

	"codex-login/credstore"
)

// How deep one ssh configuration may include another, as in OpenSSH, how many
// files are read in all, and how much of each.
const (
	mostIncludes = 16
	mostConfigs  = 200
	mostConfig   = 1 << 20
)

// Hosts lists the machines that the person's ssh configuration has a name for,
// in its order, each once: the names of Host lines (ssh_config(5)) that are no
// patterns, of ~/.ssh/config and the files that it includes. Everything else
// about a host is ssh's to decide. What cannot be read has no hosts.
func Hosts(getenv func(string) string) []Target {
	home := getenv("HOME")
	if home == "" {
		u, err := user.Current()
		if err != nil {
			return nil
		}
		home = u.HomeDir
	}
	h := hostReader{dir: filepath.Join(home, ".ssh"), home: home, seen: map[string]bool{}}
	h.read(filepath.Join(h.dir, "config"), 0)
	return h.found
}

type hostReader struct {
	home, dir string
	found     []Target
	// seen are the files that were read: a second reading has no new names, and
	// files that include each other would be read without end.
	seen map[string]bool
}

func (h *hostReader) read(path string, depth int) {
	if h.seen[path] || len(h.seen) >= mostConfigs {
		return
	}
	h.seen[path] = true
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() || depth > mostIncludes {
		return
	}
	f, err := os.Open(path)
	if err != nil {
		return
	}
	text, err := io.ReadAll(io.LimitReader(f, mostConfig))
	_ = f.Close()
	if err != nil {
		return
	}
	for line := range strings.Lines(string(text)) {
		words := configWords(line)
		if len(words) < 2 {
			continue
		}
		switch strings.ToLower(words[0]) {
		case "host":
			h.add(words[1:])
		case "include":
			for _, pattern := range words[1:] {
				h.include(pattern, depth)
			}
		}
	}
}

func (h *hostReader) add(names []string) {
	for _, name := range names {
		t := Target{Kind: credstore.MachineSSH, Name: name}
		if t.Check() == nil && !strings.ContainsAny(name, "*?!") && !slices.Contains(h.found, t) {
			h.found = append(h.found, t)
		}
	}
}

func (h *hostReader) include(pattern string, depth int) {
	if rest, ok := strings.CutPrefix(pattern, "~/"); ok {
		pattern = filepath.Join(h.home, rest)
	}
	if !filepath.IsAbs(pattern) {
		pattern = filepath.Join(h.dir, pattern)
	}
	paths, _ := filepath.Glob(pattern)
	for _, path := range paths {
		h.read(path, depth+1)
	}
}

// configWords splits a line: a keyword, white space or one equals sign, then
// arguments, which may be in double quotes; a comment takes the rest.
func configWords(line string) []string {
	line = strings.TrimSpace(line)
	end := strings.IndexAny(line, " \t=")
	if end < 0 || line[0] == '#' {
		return nil
	}
	words := []string{line[:end]}
	rest := strings.TrimLeft(line[end:], " \t")
	rest = strings.TrimLeft(strings.TrimPrefix(rest, "="), " \t")
	for rest != "" && rest[0] != '#' {
		var word string
		if rest[0] == '"' {
			word, rest, _ = strings.Cut(rest[1:], `"`)
		} else if end := strings.IndexAny(rest, " \t"); end >= 0 {
			word, rest = rest[:end], rest[end:]
		} else {
			word, rest = rest, ""
		}
		words = append(words, word)
		rest = strings.TrimLeft(rest, " \t")
	}
	return words
}
