// Package credstore owns the login document, the auth.json of the real Codex,
// and the places that keep one: the file, the operating system's keyring, the
// automatic choice between them, and memory; and the account book, the logins
// that are not the active one.
//
// The rules of this room:
//
//   - What it writes the real Codex reads unchanged, and the other way round:
//     same path, same bytes, same keyring entry, same locks in the same order.
//   - Reading tolerates what Codex tolerates and refuses what Codex refuses.
//     An error names file, line and column and never holds a value.
//   - Fields that it does not know are kept, byte for byte, at the root and
//     inside tokens. (Codex itself drops them.)
//   - A write is whole or did not happen, whatever kills the process. A document
//     that Codex would refuse is not written at all.
//   - Every keyring call has a deadline; no D-Bus daemon is ever launched.
//   - A secret is a Secret; Reveal is called where a document is encoded or a
//     request is built, and nowhere else.
//   - It knows nothing of HTTP and of admin rules.
package credstore
