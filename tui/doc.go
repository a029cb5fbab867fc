// Package tui is the full-screen wizard. One screen a file, each named as the
// person names it; the texts stand in the message catalogue.
//
// The rules of this room:
//
//   - Only the root is a tea.Model. A screen is a small value: it gets messages,
//     returns itself changed, a command for work to be done, and an intent when
//     another screen is due. The root alone knows which screen follows which.
//   - Update does no input or output. Work is a tea.Cmd made by a named function
//     of plain values in cmds.go, and ends in one message.
//   - A sign-in is an attempt with a number, a context and a cancel function. The
//     screen that starts it calls cancel on every way out. A late answer of an
//     old attempt changes nothing, unless a login was stored: that is a fact, and
//     it is shown.
//   - After the program has quit, Run waits for work that has begun to change the
//     stored login, so that "cancelled" is never said over one.
//   - What a footer lists works, and what works is listed: both are the same
//     key bindings, enabled by state.
//   - The terminal is never asked anything, and is given back on every way out.
//   - What needs the ordinary screen (a plain print, the questions of ssh) is a
//     tea.ExecCommand, and writes nothing any more once it has returned.
//   - A value that a sentence or a row takes goes through display.Clean: what
//     comes from flows is clean already, the rest is not.
//   - No secret is ever in a frame, except an API key or token in its own field
//     while the person holds it revealed.
package tui
