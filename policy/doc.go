// Package policy reads Codex's configuration layers and says what an admin
// allows, and which file and line says so.
//
// The rules of this room:
//
//   - Layers and precedence are Codex's own; every effective value carries its
//     Source.
//   - It fails closed where Codex fails closed; the error names file, line and
//     column and never holds a value.
//   - Check is pure. What a violation leads to (sign out, hide) is said in the
//     Violation and done elsewhere: this room knows no store and no HTTP.
package policy
