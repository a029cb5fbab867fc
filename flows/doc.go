// Package flows holds the workers: signing in by browser, device code, API key
// and access token, saying who is signed in, enforcing admin rules at start,
// and signing out. It speaks the issuer's wire.
//
// The rules of this room:
//
//   - A sign-in has two legs. Begin makes a Challenge to show; Finish waits for
//     the answer and returns a Receipt. Both block, both obey their context.
//   - One straight path: await, exchange, identify, check the rules, save. The
//     body of Finish is those steps.
//   - A login that exists stays until the new one is stored. What a sign-in
//     replaces goes to the account book first.
//   - A Challenge and a Receipt hold no token that can be printed. No token is
//     ever in a URL, a page, a note or an error.
//   - Text from a server is stripped of control characters before it leaves
//     this room, bodies are read up to 1 MiB, every request has a deadline.
//     How a server is reached is up to flows/network.
//   - It knows nothing of screens. What a worker wants to say while it waits
//     is a Note that the screen reads at its own pace; what went wrong is a
//     typed error that Explain turns into words.
package flows
