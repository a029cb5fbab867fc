// Package plain is the wizard without a screen: the same workers and the same
// texts as numbered lines for pipes, screen readers and dumb terminals, and as
// JSON events for programs.
//
// The rules of this room:
//
//   - Nothing is drawn twice and nothing is coloured. A line is said once.
//   - Data goes to standard output, talk to standard error. In JSON mode
//     standard output holds nothing but one object a line.
//   - The words of `codex login status` that scripts read come first and are
//     Codex's own, in every language.
//   - It knows no Bubble Tea.
package plain
