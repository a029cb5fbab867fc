// Package policy reads Codex's configuration layers and says what an admin
// allows, and which file and line says so.
//
// The rules of this room:
//
//   - Layers and precedence are Codex's own; every effective value carries its
//     Source. Only the keys that signing in needs are read, all others are
//     ignored, and a bad value counts only where it would take effect.
//   - A layer is a row in load.go. What differs by system is its folder
//     (system_*.go) and macOS's managed preferences (preferences_*.go).
//   - What a project says counts where Codex trusts it; FromProject points it
//     out.
//   - It fails closed where Codex fails closed; the error names file, line and
//     column and never holds a value.
//   - Check is pure. What a violation leads to (sign out, hide) is said in the
//     Violation and done elsewhere: this room knows no store and no HTTP.
//   - Logout never depends on it: Load always returns Rules, and LogoutStores
//     answers for a broken configuration too.
//
// The facts were measured on Codex 0.169.0; the codex*_linux_test.go hold them
// against the real binary, case by case.
package policy
