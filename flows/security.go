package flows

// SignInKind is how the person proves to OpenAI who they are, as far as a
// token's claims tell.
type SignInKind string

// The kinds.
const (
	KindUnknown   SignInKind = ""
	KindPassword  SignInKind = "password" // e-mail and password
	KindGoogle    SignInKind = "google"
	KindMicrosoft SignInKind = "microsoft"
	KindApple     SignInKind = "apple"
	KindSSO       SignInKind = "sso"
)
