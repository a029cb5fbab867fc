//go:build !darwin

package policy

// managedPreference: only macOS has any.
func managedPreference(string) (string, bool, error) { return "", false, nil }
