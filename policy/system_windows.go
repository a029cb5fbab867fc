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

// managedFolder is none: codex.exe 0.169 was seen to read managed_config.toml
// neither in CODEX_HOME, as older ones did, nor beside requirements.toml.
func managedFolder() string { return "" }
