package loginlog

// Event is what happened, and in which part of the program. There are those of
// the list below; the zero value says nothing.
type Event struct{ target, text string }

// String is the event as a line has it.
func (e Event) String() string { return e.text }

// A sign-in, and what becomes of the login. The first four are in Codex's own
// words.
var (
	BrowserFlow = Event{"login", "starting browser login flow"}
	DeviceFlow  = Event{"login", "starting device code login flow"}
	KeyFlow     = Event{"login", "starting api key login flow"}
	TokenFlow   = Event{"login", "starting access token login flow"}

	Obtained  = Event{"login", "login obtained"}
	Stored    = Event{"login", "login stored"}
	SignInNot = Event{"login", "sign-in ended without a login"}
	Note      = Event{"login", "the person is told"}
)

// The way through the browser.
var (
	PortTaken     = Event{"browser", "port taken"}
	Listening     = Event{"browser", "listening for the browser"}
	BrowserOpened = Event{"browser", "browser asked to show the page"}
	Callback      = Event{"browser", "callback accepted"}
	CallbackNot   = Event{"browser", "callback refused"}
	Pasted        = Event{"browser", "pasted answer accepted"}
	PastedNot     = Event{"browser", "pasted answer refused"}
	TakenOver     = Event{"browser", "another sign-in takes the port over"}
)

// The way by a device code.
var (
	DeviceCode      = Event{"device", "device code received"}
	DeviceCodeState = Event{"device", "device code"}
)

// A request.
var (
	Asking   = Event{"http", "asking"}
	Answered = Event{"http", "answered"}
	NoAnswer = Event{"http", "no answer"}
)

// Tokens and the session at the issuer.
var (
	Renewing   = Event{"session", "renewing the tokens"}
	Renewed    = Event{"session", "tokens renewed"}
	RenewedNot = Event{"session", "tokens not renewed"}
	Revoked    = Event{"session", "session ended at the issuer"}
	RevokedNot = Event{"session", "session not ended at the issuer"}
)

// Several accounts, stores and machines.
var (
	Switched      = Event{"switch", "switched to another account"}
	SwitchedNot   = Event{"switch", "switch ended without a change"}
	Undone        = Event{"switch", "sign-in taken back"}
	SignedOut     = Event{"logout", "signed out"}
	SignedOutNot  = Event{"logout", "sign-out failed"}
	RuleSignedOut = Event{"logout", "signed out by a rule"}
	ImportedNot   = Event{"import", "import failed"}
	Moved         = Event{"store", "logins moved"}
	MovedNot      = Event{"store", "move of the logins failed"}
	Machine       = Event{"machine", "machine"}
	MachineNot    = Event{"machine", "machine not served"}
)
