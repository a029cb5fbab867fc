// Package network is the way to a server: the one HTTP client, the certificates
// it trusts, the proxies it obeys, and why a request got no answer.
//
// The rules of this room:
//
//   - Every connection to a server is made by the client of this package. A
//     test of the program looks for any other.
//   - Bundles and proxies are Codex's, case by case; its tests ask the real one.
//   - A file that cannot be read and a variable that cannot be understood are
//     errors. Nothing is passed by.
//   - Everything has an end: a step, a request, the reading of certificates.
//   - An error can be printed: it holds no query, no password, and nothing that
//     a proxy or a certificate says but names, which are cleaned.
//   - It knows nothing of logins, stores, rules or screens. What an answer
//     says, and how an error is told a person, is up to flows.
package network
