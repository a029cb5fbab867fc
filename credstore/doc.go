// Package credstore owns the login document, the auth.json of the real Codex,
// and the places that keep one: the file, the operating system's keyring, or
// the encrypted file whose key is there, the automatic choice between them, and
// memory; and the account book, the logins that are not the active one.
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
//   - Locks are taken in one order: an account's, Codex's two, the book's. An
//     account's is held by whoever renews its tokens, through the request; the
//     other ones only for a write. Codex's are held by whoever takes a login
//     from the active place to a page or back, the book's for each change of a
//     page or card. Steps run under Codex's locks and may take the book's.
//   - The active login has a card and no page of its tokens. A page goes after
//     what replaces it has been written; a card is written after its page and
//     goes after it. What a kill leaves in between, Repair finds by the names
//     of files, and removes only what is found elsewhere, under the locks.
//   - A keyring is asked about a page when that page is wanted or in doubt. A
//     list reads cards; they hold no secret and can be made anew.
//   - What a change of one account costs does not depend on how many there are.
//   - An encrypted file that does not open is left as it is, and no passphrase
//     is made where there is a file that needs another one.
//   - Every keyring call has a deadline; no D-Bus daemon is ever launched.
//   - A secret is a Secret; Reveal is called where a document is encoded or a
//     request is built, and nowhere else.
//   - It knows nothing of HTTP and of admin rules.
package credstore
