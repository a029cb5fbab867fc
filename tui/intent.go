package tui

import (
	"codex-login/credstore"
	"codex-login/flows"
)

// intent is what a screen wants to happen next. The root turns it into a
// screen.
type intent any

type (
	// wantBack goes to the screen beneath; from the last one it leaves.
	wantBack struct{}
	// wantLeave ends the wizard.
	wantLeave struct{ err error }
	// wantPicker chooses a way to sign in.
	wantPicker struct{}
	// wantSignIn starts one.
	wantSignIn struct{ method flows.Method }
	// wantBrowserInstead goes on with an attempt that became a browser sign-in.
	wantBrowserInstead struct{ signIn }
	// wantInstead leaves this way to sign in for another.
	wantInstead struct{ method flows.Method }
	// wantCode asks for the device code after its preconditions were shown.
	wantCode struct{}
	// wantStores and wantCompare open what the picker offers besides.
	wantStores  struct{}
	wantCompare struct{}
	// wantStore keeps the login there from now on.
	wantStore struct{ mode credstore.Mode }
	// wantQR shows the QR code alone.
	wantQR struct{ text string }
	// wantSignOut asks how to sign out.
	wantSignOut struct{ account flows.Account }

	// isChecked says who is signed in at the start.
	isChecked struct {
		account flows.Account
		err     error
	}
	// isStored ends a sign-in with a login.
	isStored struct{ receipt flows.Receipt }
	// isFailed ends one without; method is what may be tried again.
	isFailed struct {
		err    error
		method flows.Method
	}
	// isSignedOut ends a sign-out.
	isSignedOut struct {
		out flows.SignedOut
		err error
	}
)
