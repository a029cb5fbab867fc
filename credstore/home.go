package credstore

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"runtime"
	"strings"

	"codex-login/assets/display"
)

// Home is CODEX_HOME, the folder that Codex keeps its files in.
type Home struct {
	// Path is absolute, symbolic links in it as the person wrote them.
	Path string
	// byDefault: nobody asked for this folder, so it may be created.
	byDefault bool
	// Encrypted: Codex's feature secret_auth_storage is on. Then the modes
	// keyring and auto have the login in the encrypted file, and the keyring
	// has that one's passphrase.
	Encrypted bool
}

// HomeError says that CODEX_HOME names no folder.
type HomeError struct {
	Path string
	// NotFolder is set when there is something else at Path.
	NotFolder bool
	// Target is where Path leads as a link, when nothing is there.
	Target string
	Err    error // the cause, or nil
}

func (e *HomeError) Error() string {
	var s string
	switch {
	case e.Path == "":
		s = "no home folder is known: set CODEX_HOME"
	case e.NotFolder:
		s = fmt.Sprintf("CODEX_HOME points to %s, which is not a folder", e.Path)
	case e.Target != "":
		s = fmt.Sprintf("%s leads to %s, which does not exist; create it with: mkdir -p %s", e.Path, e.Target, shellQuote(e.Target))
	case errors.Is(e.Err, fs.ErrNotExist):
		s = fmt.Sprintf("CODEX_HOME points to %s, which does not exist", e.Path)
	default:
		s = fmt.Sprintf("CODEX_HOME points to %s, which cannot be looked at: %v", e.Path, e.Err)
	}
	return display.Clean(s)
}

func (e *HomeError) Unwrap() error { return e.Err }

// FindHome returns the folder that the variable CODEX_HOME names, which must
// exist, or else .codex in the person's home folder, which need not: the first
// save creates it. The error is a *HomeError.
func FindHome(getenv func(string) string) (Home, error) {
	if path := getenv("CODEX_HOME"); path != "" {
		return namedHome(path)
	}
	variable := "HOME"
	if runtime.GOOS == "windows" {
		variable = "USERPROFILE"
	}
	dir := getenv(variable)
	if dir == "" {
		u, err := user.Current()
		if err != nil || u.HomeDir == "" {
			return Home{}, &HomeError{Err: err}
		}
		dir = u.HomeDir
	}
	path, err := filepath.Abs(filepath.Join(dir, ".codex"))
	if err != nil {
		return Home{}, &HomeError{Path: dir, Err: err}
	}
	return Home{Path: path, byDefault: true}, nil
}

func namedHome(path string) (Home, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return Home{}, &HomeError{Path: path, Err: err}
	}
	info, err := os.Stat(abs)
	if err != nil {
		return Home{}, &HomeError{Path: abs, Target: Dangling(abs), Err: err}
	}
	if !info.IsDir() {
		return Home{}, &HomeError{Path: abs, NotFolder: true}
	}
	return Home{Path: abs}, nil
}

// AuthFile is the path of auth.json.
func (h Home) AuthFile() string { return filepath.Join(h.Path, "auth.json") }

// KeyringEntry is the name of this folder's keyring entry, "service / account".
func (h Home) KeyringEntry() string { return codexService + " / " + h.keyringAccount() }

// keyringAccount is the account under which Codex keeps the login of this
// folder in the keyring.
func (h Home) keyringAccount() string { return "cli|" + h.hash() }

// hash names the folder in the keyring.
func (h Home) hash() string { return shortHash(h.canonical()) }

// KeyringPlace is where the mode keyring has the login of this folder.
func (h Home) KeyringPlace() Place { return (&keyringStore{home: h}).place() }

// canonical is the text that Codex hashes: the path with all symbolic links
// resolved, or the path as given where that fails.
func (h Home) canonical() string {
	path, err := realPath(h.Path)
	if errors.Is(err, fs.ErrNotExist) {
		// Not created yet: what it will be once it is.
		if parent, err := realPath(filepath.Dir(h.Path)); err == nil {
			path = filepath.Join(parent, filepath.Base(h.Path))
		}
	}
	if path == "" {
		path = h.Path
	}
	return strings.ToValidUTF8(path, "\uFFFD")
}

// ensure creates the default folder, for its owner only. A folder that was
// asked for by name and has gone since is not ours to create.
func (h Home) ensure() error {
	if !h.byDefault {
		_, err := namedHome(h.Path)
		return err
	}
	if to := Dangling(h.Path); to != "" {
		return &HomeError{Path: h.Path, Target: to, Err: fs.ErrNotExist}
	}
	return os.MkdirAll(h.Path, 0o700)
}

// Dangling is where the link at path leads when nothing is there, and ""
// otherwise.
func Dangling(path string) string {
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return ""
	}
	if info, err := os.Lstat(path); err != nil || info.Mode()&fs.ModeSymlink == 0 {
		return ""
	}
	to, err := followLinks(path)
	if err != nil {
		return ""
	}
	return to
}

// shellQuote quotes an argument for a POSIX shell.
func shellQuote(s string) string {
	return "'" + strings.ReplaceAll(s, "'", `'"'"'`) + "'"
}
