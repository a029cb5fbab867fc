//go:build !linux

package sandbox

// Isolate does nothing where there are no network namespaces.
func Isolate() (code int, done bool) { return 0, false }
