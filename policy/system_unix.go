//go:build !windows

package policy

// systemFolder is where the administrator's layers are.
func systemFolder() string { return "/etc/codex" }

// managedFolder is where managed_config.toml is.
func managedFolder() string { return systemFolder() }
