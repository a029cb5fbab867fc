package policy

import (
	"path/filepath"

	"golang.org/x/sys/windows"
)

// systemFolder is where the administrator's layers are. The folder is asked of
// the system and not of the environment, which anyone can change.
func systemFolder() string {
	data, err := windows.KnownFolderPath(windows.FOLDERID_ProgramData, windows.KF_FLAG_DEFAULT)
	if err != nil {
		data = `C:\ProgramData`
	}
	return filepath.Join(data, "OpenAI", "Codex")
}

// managedFolder is where managed_config.toml is: Codex looks for it in
// CODEX_HOME here.
func managedFolder(o Options) string { return o.Home }
