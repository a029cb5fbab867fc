// Package sandbox is an issuer in this process that speaks OpenAI's wire as the
// real Codex 0.169 uses it: the sign-in pages, the token endpoint, device codes,
// revocation, access-token look-up, the model list and the few calls that Codex
// makes to the ChatGPT back end after a sign-in. The demo and the tests run on
// it, and so does the real Codex when it is compared with us.
//
// The rules of this room:
//
//   - It listens on the loopback interface only and calls nobody, except the
//     callback listener of a sign-in that Approve finishes.
//   - It imports nothing of ours, so that every room's tests may import it.
//   - It is as strict as the wire allows: PKCE, single-use codes, redirect
//     match and refresh-token rotation are enforced, so that a client that is
//     wrong fails here first.
//   - What it does wrong on request stands in Behaviour and in Fault, nowhere
//     else.
//   - Approve and ApproveDevice press the buttons of the same pages that a
//     person sees; there is no back door past the handlers.
//   - Every page says that it is a sandbox and works without JavaScript.
package sandbox
