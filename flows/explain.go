package flows

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"codex-login/assets"
	"codex-login/assets/display"
	"codex-login/credstore"
	"codex-login/flows/loginlog"
	"codex-login/flows/network"
	"codex-login/policy"
)

// Explanation is an error in words: what happened, what it means, what to do.
type Explanation struct {
	// Code is the word that scripts see, as the README lists them.
	Code string
	// Title is a short sentence, Text says more, Next is what to do now. Next
	// may have several lines, each a step of its own.
	Title, Text, Next string
}

// Explain turns an error of this room, of the stores or of the rules into
// words. All skins use it. It never returns an empty title.
func Explain(say *assets.Catalogue, err error) Explanation {
	code, id, values := classify(say, err)
	values = append(values, "Error", plainError(err))
	return Explanation{
		Code:  code,
		Title: say.Say("explain."+id+".title", values...),
		Text:  say.Say("explain."+id+".text", values...),
		Next:  say.Say("explain."+id+".next", values...),
	}
}

// homeCause is why CODEX_HOME could not be looked at; "" where nothing is
// there, or something else.
func homeCause(e *credstore.HomeError) string {
	if e.NotFolder || e.Err == nil || errors.Is(e.Err, fs.ErrNotExist) {
		return ""
	}
	return cause(e.Err)
}

// plainError is the error's own text, safe to show on a line.
func plainError(err error) string { return display.Line(err.Error(), 300) }

// classify finds the code for scripts, the catalogue id and its values.
func classify(say *assets.Catalogue, err error) (code, id string, values []any) {
	for _, known := range []struct {
		err      error
		code, id string
	}{
		{ErrExpired, "expired", "expired"},
		{ErrTimedOut, "expired", "timed_out"},
		{ErrTakenOver, "cancelled", "taken_over"},
		{ErrCancelled, "cancelled", "cancelled"},
		{context.Canceled, "cancelled", "cancelled"},
		{errNoCode, "server", "no_code"},
		{credstore.ErrNotFound, "store", "nobody"},
		{credstore.ErrChanged, "store", "changed"},
	} {
		if errors.Is(err, known.err) {
			return known.code, known.id, nil
		}
	}
	if unasked := new(UnaskedError); errors.As(err, &unasked) {
		return "policy", "policy_unasked", []any{
			"Rule", unasked.Rule.Rule, "Demanded", strings.Join(unasked.Rule.Demanded, ", "), "Source", unasked.Rule.Source.String(),
			"Why", Explain(say, unasked.Err).Title, "AtStart", unasked.AtStart,
		}
	}
	var (
		ended       *SessionEndedError
		unstored    *UnsavedError
		denied      *DeniedError
		barred      *BarredError
		provider    *ProviderError
		busy        *PortBusyError
		unreachable *network.Error
		server      *ServerError
		input       *InputError
		document    *DocumentError
		certificate *network.CertificateFileError
		proxy       *network.ProxyVariableError
		violation   *policy.Violation
		config      *policy.ConfigError
		conflict    *policy.ConflictError
		store       *credstore.Error
		half        *HalfSignedOutError
		home        *credstore.HomeError
		log         *loginlog.Error
		pinned      *StorePinnedError
		nobody      *NoAccountError
		several     *AmbiguousError
	)
	if code, id, values, ok := classifyMachine(err); ok {
		return code, id, values
	}
	switch {
	case errors.As(err, &barred):
		return "denied", barred.explanation(), []any{"Code", barred.Code, "RequestID", barred.RequestID}
	case errors.As(err, &ended):
		return "session_ended", "session_ended_" + string(ended.Reason.Known()), nil
	case errors.As(err, &unstored) && unstored.InBook:
		return "store", "unsaved_in_book", []any{"Cause", cause(unstored.Err)}
	case errors.As(err, &unstored):
		return "store", "unsaved", []any{"Cause", cause(unstored.Err)}
	case errors.As(err, &conflict):
		return "policy", "policy_conflict", []any{"Problem", plainError(conflict)}
	case errors.As(err, &config):
		return "config", faultID(config), []any{"Problem", plainError(config)}
	case errors.As(err, &pinned):
		return "policy", "policy_store", []any{"Demanded", string(pinned.Demanded), "Source", pinned.Source.String()}
	case errors.As(err, &violation):
		return classifyViolation(say, violation)
	case errors.As(err, &provider):
		return "provider", provider.explanation(), providerValues(provider.Provider)
	case errors.As(err, &log):
		return "store", "log", []any{"Path", display.Line(log.Path, 300), "Cause", cause(log.Err)}
	case errors.As(err, &home):
		return "store", "home", []any{
			"Path", display.Line(home.Path, 300), "Target", display.Line(home.Target, 300), "Taken", home.NotFolder,
			"Cause", homeCause(home),
		}
	case errors.As(err, &half) && half.Shut != "":
		return "store", "half_signed_out_shut", []any{"Removed", display.Line(half.Removed, 300), "Shut", display.Line(half.Shut, 300), "Cause", Explain(say, half.Err).Title}
	case errors.As(err, &half):
		return "store", "half_signed_out", []any{"Removed", display.Line(half.Removed, 300), "Cause", Explain(say, half.Err).Title}
	case errors.As(err, &store):
		return "store", storeTrouble(store), []any{
			"Where", display.Line(store.Place.Where, 300), "Position", position(store), "Detail", display.Line(store.Detail, 200), "Cause", cause(store.Err),
			"File", store.Place.Kind == credstore.KindFile || store.Place.Kind == credstore.KindEncrypted, "Tried", store.Op == credstore.OpTry,
		}
	case errors.As(err, &busy):
		if len(busy.Ports) > 0 && busy.Ports[0].NoAddress() {
			return "port_busy", "port_no_address", nil
		}
		return "port_busy", "port_busy", []any{"Holders", holders(say, busy.Ports)}
	case errors.As(err, &certificate):
		return "tls", certificateTrouble(certificate), certificateValues(say, certificate)
	case errors.As(err, &proxy):
		return "proxy", "variable_" + string(proxy.Problem), []any{"Variable", proxy.Variable, "Scheme", display.Line(proxy.Scheme, 12)}
	case errors.As(err, &unreachable):
		return classifyNetwork(say, unreachable)
	case errors.As(err, &denied):
		return "denied", "denied", []any{"Said", first(denied.Description, denied.Code)}
	case errors.As(err, &server):
		return classifyServer(server)
	case errors.As(err, &input):
		return "input", "input_" + string(input.Problem), nil
	case errors.As(err, &document):
		return "input", "document_" + string(document.Problem), []any{"Detail", document.Detail}
	case errors.As(err, &nobody) && nobody.Name == "-":
		return "no_account", "no_account_before", nil
	case errors.As(err, &nobody):
		return "no_account", "no_account", []any{"Name", display.Line(nobody.Name, 80)}
	case errors.As(err, &several):
		return "ambiguous", "ambiguous", []any{"Name", display.Line(several.Name, 80), "Matches", several.list(), "Such", display.Line(several.such(), 120)}
	case errors.Is(err, ErrDeviceCodeDisabled):
		return "device_code_disabled", "device_code_disabled", nil
	}
	return "server", "unknown", nil
}

// faultID is the catalogue's id of a configuration that cannot be used.
func faultID(e *policy.ConfigError) string {
	switch {
	case e.Layer == policy.LayerCommandLine:
		return "config_option"
	case e.Line == 0:
		return "config_file"
	}
	return "config"
}

// storeTrouble is the catalogue's id of a store's problem.
func storeTrouble(e *credstore.Error) string {
	if e.Problem == credstore.ProblemTooBig && e.Op == "read" {
		return "store_too_big_to_read"
	}
	return "store_" + strings.ReplaceAll(string(e.Problem), "-", "_")
}

func classifyServer(e *ServerError) (code, id string, values []any) {
	said := first(e.Detail, e.Code)
	if e.Code == "invalid_answer" {
		said = e.Detail // the code is our own, and says no more than the title
	}
	values = []any{"Host", e.Host, "Status", e.Status, "Said", said, "RequestID", e.RequestID}
	switch {
	case e.Code == unsupportedCountry:
		return "server", "server_country", values
	case e.Code == "invalid_answer", e.Status < 300:
		return "server", "server_garbage", values
	case e.Status == 429:
		return "server", "server_busy", values
	case e.Status >= 500:
		return "server", "server_down", values
	}
	return "server", "server", values
}

func classifyViolation(say *assets.Catalogue, v *policy.Violation) (code, id string, values []any) {
	id = "policy_workspace"
	switch {
	case v.AboutMethod():
		id = "policy_method"
	case v.Workspace == "":
		id = "policy_no_workspace"
	}
	return "policy", id, []any{
		"Rule", v.Rule, "Demanded", strings.Join(v.Demanded, ", "), "Found", FoundText(say, v), "Source", v.Source.String(),
	}
}

func position(e *credstore.Error) string {
	if e.Line == 0 {
		return ""
	}
	return fmt.Sprintf("%d:%d", e.Line, e.Column)
}

func cause(err error) string {
	if err == nil {
		return ""
	}
	return plainError(err)
}

func first(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

// holders names who has the ports, in one line.
func holders(say *assets.Catalogue, ports []PortHolder) string {
	var out []string
	for _, p := range ports {
		switch {
		case notPermitted(p.Err):
			out = append(out, say.Say("explain.holder_system", "Port", p.Port))
		case p.Program == "":
			out = append(out, say.Say("explain.holder_unknown", "Port", p.Port))
		default:
			out = append(out, say.Say("explain.holder", "Port", p.Port, "Program", p.Program, "PID", p.PID))
		}
	}
	return strings.Join(out, "; ")
}

// ExplainNote is the one line that says n.
func ExplainNote(say *assets.Catalogue, n Note) string {
	holder := first(display.Line(n.Holder, 60), say.Say("note.someone"))
	if notPermitted(n.Err) && n.Code == NoteOtherPort {
		holder = say.Say("note.system")
	}
	values := []any{"Holder", holder, "Where", display.Line(n.Where, 300)}
	why := ""
	if n.Err != nil {
		why = Explain(say, n.Err).Title
	}
	return say.Say("note."+string(n.Code), append(values, "Why", why)...)
}
