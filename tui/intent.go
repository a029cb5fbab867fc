package tui

import (
	"codex-login/credstore"
	"codex-login/flows"
	"codex-login/flows/doctor"
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
	// wantCodeToo shows the preconditions of a device code that is to stand
	// beside the browser sign-in beneath, and wantCodeBeside asks for it.
	wantCodeToo    struct{}
	wantCodeBeside struct{}
	// wantStores and wantCompare open what the picker offers besides.
	wantStores  struct{}
	wantCompare struct{}
	// wantStore keeps the login there from now on.
	wantStore struct{ mode credstore.Mode }
	// wantQR shows the QR code alone.
	wantQR struct{ text string }
	// wantSignOut asks how to sign out of an account; the zero Entry is a login
	// that nobody can read.
	wantSignOut struct{ entry flows.Entry }
	// wantAccounts shows the account book as it is now, with that account
	// selected and a line about what was done.
	wantAccounts struct{ pick, said string }
	// wantCard says more about an account. What it finds out is told under the
	// number of try.
	wantCard struct {
		entry flows.Entry
		wins  []flows.Winner
		try   attempt
	}
	// wantEnter goes back to the list and does there what enter does.
	wantEnter struct{ entry flows.Entry }
	// wantRename gives an account a name of the person's own.
	wantRename struct{ entry flows.Entry }
	// wantMove chooses where all logins shall be kept from now on.
	wantMove struct{}
	// wantMoved moves them there, so many.
	wantMoved struct {
		mode credstore.Mode
		of   int
	}
	// wantMachines chooses other machines for a login: that of an account, or
	// for the zero Entry a new one.
	wantMachines struct{ entry flows.Entry }
	// wantKind chooses what they get.
	wantKind struct {
		entry   flows.Entry
		targets []flows.Target
	}
	// wantSend brings it there; active says that it is the login in use.
	wantSend struct {
		request flows.SendRequest
		active  bool
	}
	// wantSending does so after the preconditions of a device code were shown.
	wantSending struct{ send *wantSend }
	// wantImport takes in a login that was pasted, or is to be.
	wantImport struct{ text credstore.Secret }
	// wantExport chooses how a login leaves by hand: wantExportTo writes a
	// file, wantRecipes shows commands.
	wantExport   struct{ entry flows.Entry }
	wantExportTo struct {
		entry  flows.Entry
		sealed bool
	}
	wantRecipes struct{ entry flows.Entry }
	// wantUnstored asks what becomes of sign-ins that nobody else has;
	// wantRetry tries once more to store them.
	wantUnstored struct {
		targets []flows.Target
		errands []*errand
	}
	wantRetry struct{}
	// wantLending shows what is lent, and renews it.
	wantLending struct{}
	// wantHome goes to where the wizard begins, with a line about what was done.
	wantHome struct{ said string }
	// wantChecks opens what there is to look at beside signing in: wantDoctor
	// looks for what is wrong, wantRules shows the settings and who made them,
	// wantConnection tries the addresses and a bundle of certificates,
	// wantSecurity says how to protect an account (the zero one: in general),
	// wantProvider whom Codex asks for answers here.
	wantChecks     struct{ entry flows.Entry }
	wantDoctor     struct{}
	wantRules      struct{}
	wantConnection struct{}
	wantSecurity   struct{ entry flows.Entry }
	wantProvider   struct{}
	// wantFinding says more about one thing that the doctor has found, and
	// wantMend asks whether what can be mended shall be.
	wantFinding struct{ about found }
	wantMend    struct{ fixes []*doctor.Fix }
	// wantTrace shows what the workers do, as it happens.
	wantTrace struct{}
	// wantWrong is for a sign-in that became somebody else.
	wantWrong struct{ receipt flows.Receipt }

	// isChecked says who is signed in at the start.
	isChecked struct {
		account flows.Account
		err     error
		listing listing
	}
	// isEmpty says that there are no accounts any more.
	isEmpty struct{}
	// isSwitched ends a switch; dropped is what became of the account that was
	// signed in by mistake.
	isSwitched struct {
		switched flows.Switched
		dropped  *dropped
	}
	// isTrouble is an error beside the way; said is what became of the logins.
	isTrouble struct {
		err  error
		said string
	}
	// isMoved ends a move of the logins.
	isMoved struct{ moved flows.Moved }
	// isExported ends an export; twice warns of two copies of one session.
	isExported struct {
		path          string
		sealed, twice bool
	}
	// isKept says that they are in the account book here.
	isKept struct{ kept []flows.Entry }
	// isSent says that everything on the way to other machines has come to
	// rest.
	isSent struct{}
	// isStored ends a sign-in with a login.
	isStored struct{ receipt flows.Receipt }
	// isFailed ends one without; method is what may be tried again.
	isFailed struct {
		err    error
		method flows.Method
	}
	// isSignedOut ends a sign-out.
	isSignedOut struct {
		entry flows.Entry // who was meant; not needed for all
		left  int         // accounts that are still there
		out   flows.SignedOut
		err   error
	}
)
