package main

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// The rooms that a package of this module may import from this module. A room
// that is not listed here may not exist.
var mayImport = map[string][]string{
	"codex-login":                {"assets", "credstore", "policy", "flows", "flows/loginlog", "flows/network", "flows/doctor", "flows/sandbox", "tui", "tui/plain"},
	"codex-login/assets":         {},
	"codex-login/assets/display": {},
	"codex-login/credstore":      {"assets/display"},
	"codex-login/policy":         {"assets/display"},
	"codex-login/flows":          {"assets", "assets/display", "credstore", "policy", "flows/loginlog", "flows/network"},
	"codex-login/flows/loginlog": {"assets/display", "credstore", "policy", "flows/network"},
	"codex-login/flows/network":  {"assets/display"},
	"codex-login/flows/doctor":   {"assets", "assets/display", "credstore", "policy", "flows", "flows/network"},
	"codex-login/flows/sandbox":  {},
	"codex-login/tui":            {"assets", "assets/display", "credstore", "policy", "flows", "flows/loginlog", "flows/network", "flows/doctor", "tui/theme"},
	"codex-login/tui/theme":      {},
	"codex-login/tui/plain":      {"assets", "assets/display", "credstore", "policy", "flows", "flows/doctor"},
	"codex-login/tui/termtest":   {},
}

// Modules that only some rooms may know, by the start of their path.
var ownedModules = map[string][]string{
	"github.com/charmbracelet/bubbletea": {"codex-login/tui", "codex-login"},
	"github.com/charmbracelet/lipgloss":  {"codex-login/tui", "codex-login/tui/theme", "codex-login"},
	"github.com/zalando/go-keyring":      {"codex-login/credstore"},
	"github.com/godbus/dbus":             {"codex-login/credstore"},
	"github.com/spf13/cobra":             {"codex-login"},
	"net/http":                           {"codex-login/flows", "codex-login/flows/network", "codex-login/flows/sandbox"}, // not the doctor: the one client is in flows/network
}

// TestImports holds the picture of ARCHITECTURE.md: imports point down only.
func TestImports(t *testing.T) {
	out, err := exec.Command("go", "list", "-f", `{{.ImportPath}} {{join .Imports " "}}`, "./...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	seen := 0
	for _, line := range strings.Split(strings.TrimSpace(string(out)), "\n") {
		words := strings.Fields(line)
		room, imports := words[0], words[1:]
		allowed, known := mayImport[room]
		if !known {
			t.Errorf("%s: a room that the plan does not have", room)
			continue
		}
		seen++
		for _, path := range imports {
			if own, ok := strings.CutPrefix(path, "codex-login/"); ok && !slices.Contains(allowed, own) {
				t.Errorf("%s imports %s", room, own)
			}
			for module, owners := range ownedModules {
				if strings.HasPrefix(path, module) && !slices.Contains(owners, room) {
					t.Errorf("%s imports %s", room, path)
				}
			}
		}
	}
	if seen != len(mayImport) {
		t.Errorf("%d rooms exist, %d are planned", seen, len(mayImport))
	}
}
