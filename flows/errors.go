package flows

import (
	"context"
	"errors"
	"fmt"
	"syscall"

	"codex-login/credstore"
	"codex-login/policy"
)

// The ways in which a sign-in ends without a login and without anything being
// broken.
var (
	ErrDenied             = errors.New("the sign-in was refused by the person or the issuer")
	ErrExpired            = errors.New("the one-time code expired")
	ErrCancelled          = errors.New("the sign-in was cancelled")
	ErrTakenOver          = errors.New("another sign-in on this machine took over the port")
	ErrTimedOut           = errors.New("nobody finished the sign-in in time")
	ErrDeviceCodeDisabled = errors.New("device codes are not enabled on this server")
	ErrNotEntitled        = errors.New("Codex is not enabled for this workspace") //nolint:staticcheck // a product's name
)

// DeniedError carries what the issuer said when it refused (RFC 6749 section
// 4.1.2.1), already safe to print. It is ErrDenied.
type DeniedError struct{ Code, Description string }

func (e *DeniedError) Error() string {
	if e.Description != "" {
		return "sign-in refused: " + e.Description
	}
	return "sign-in refused: " + e.Code
}

// Is makes it ErrDenied.
func (e *DeniedError) Is(target error) bool { return target == ErrDenied }

// PortBusyError says that neither of the two ports that the issuer accepts is
// free.
type PortBusyError struct{ Ports []PortHolder }

// PortHolder is a port and the program that listens there; Program is empty
// when it cannot be told.
type PortHolder struct {
	Port    int
	Program string
	PID     int
	Err     error // why the port could not be listened on
}

func (e *PortBusyError) Error() string { return fmt.Sprintf("ports are in use: %v", e.Ports) }

// wsaAccess is WSAEACCES, with which Windows refuses a port out of a range that
// it reserves for itself (Hyper-V, WinNAT). No other system has that number.
const wsaAccess = syscall.Errno(10013)

// wsaNoAddress is WSAEADDRNOTAVAIL.
const wsaNoAddress = syscall.Errno(10049)

// noAddress reports whether this machine does not have the address.
func noAddress(err error) bool {
	return errors.Is(err, syscall.EADDRNOTAVAIL) || errors.Is(err, wsaNoAddress)
}

// notPermitted reports whether the system kept a port, and no program.
func notPermitted(err error) bool {
	return errors.Is(err, syscall.EACCES) || errors.Is(err, wsaAccess)
}

// ServerError is an answer that cannot be used. Detail is what the server
// said, safe to print and cut to a sensible length.
type ServerError struct {
	Host      string
	Endpoint  string // the path, without a query
	Status    int    // the HTTP status; 200 with an unusable body
	Code      string // the machine-readable error code, if any
	Detail    string
	RequestID string
}

func (e *ServerError) Error() string {
	s := fmt.Sprintf("%s%s answered %d", e.Host, e.Endpoint, e.Status)
	if e.Detail != "" {
		s += ": " + e.Detail
	}
	return s
}

// StorePinnedError says that an admin fixes the place for the login and that
// another one was asked for.
type StorePinnedError struct {
	Demanded credstore.Mode
	Source   policy.Source
}

func (e *StorePinnedError) Error() string {
	return fmt.Sprintf("%s: %s is fixed to %s", e.Source, policy.StoreKey, e.Demanded)
}

// InputProblem is what is wrong with a text that a person gave.
type InputProblem string

// The input problems.
const (
	InputEmpty           InputProblem = "empty"
	InputNotExpected     InputProblem = "not_expected"    // nothing can be pasted here
	InputTooLong         InputProblem = "too_long"        //
	InputSpaces          InputProblem = "spaces"          // white space inside a key: more than a key was pasted
	InputCharacters      InputProblem = "characters"      // characters that no key has
	InputNotAKey         InputProblem = "not_a_key"       // something else: an access token, a JWT, a URL
	InputTooShort        InputProblem = "too_short"       //
	InputKeyIsToken      InputProblem = "key_is_token"    // a personal access token where a key is wanted
	InputTokenIsKey      InputProblem = "token_is_key"    // a key where an access token is wanted
	InputNotAToken       InputProblem = "not_a_token"     //
	InputNotARedirect    InputProblem = "not_a_redirect"  // not a redirect URL and not a code
	InputWrongState      InputProblem = "wrong_state"     // a redirect URL of another sign-in
	InputNoCode          InputProblem = "no_code"         // a redirect URL without a code
	InputKeyRefused      InputProblem = "key_refused"     // the API says that the key is not valid
	InputTokenRefused    InputProblem = "token_refused"   // the issuer says that the access token is not valid
	InputAlreadyWaiting  InputProblem = "already_waiting" // an answer was taken before
	InputLabelTooLong    InputProblem = "label_too_long"
	InputLabelCharacters InputProblem = "label_characters" // begins with "-", or has control characters
	InputLabelTaken      InputProblem = "label_taken"      // another account goes by that name
	InputLabelIsSecret   InputProblem = "label_is_secret"  // a key or a token
	InputNoTarget        InputProblem = "no_target"        // no machine was named
	InputOneTarget       InputProblem = "one_target"       // several machines where one is possible
	InputNotLendable     InputProblem = "not_lendable"     // a key or an access token: there is no part of it to lend
)

// InputError says that what a person gave cannot be used. It never holds the
// text itself.
type InputError struct{ Problem InputProblem }

func (e *InputError) Error() string { return "input: " + string(e.Problem) }

// cancelled makes ErrCancelled of an error that only came because ctx ended.
func cancelled(ctx context.Context, err error) error {
	switch {
	case err != nil && errors.Is(err, context.Canceled) && ctx.Err() == nil:
		// The challenge was closed while Finish waited.
		return ErrCancelled
	case err == nil || ctx.Err() == nil:
		return err
	}
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return ErrTimedOut
	}
	return ErrCancelled
}
