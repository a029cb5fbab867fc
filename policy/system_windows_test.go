package policy

import (
	"os"
	"path/filepath"
	"testing"
)

// Codex has given managed_config.toml up on Windows.
func TestManagedConfigIsNotReadOnWindows(t *testing.T) {
	home := t.TempDir()
	if err := os.WriteFile(filepath.Join(home, "managed_config.toml"), []byte("forced_login_method = [broken"), 0o600); err != nil {
		t.Fatal(err)
	}
	rules, err := Load(Options{Home: home})
	if err != nil {
		t.Error(err)
	}
	for _, l := range rules.Layers() {
		if l.Layer == LayerManaged {
			t.Errorf("%+v", l)
		}
	}
}
