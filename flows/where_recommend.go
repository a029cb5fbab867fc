package flows

import "codex-login/assets"

// Reason is why a method is recommended. It is the end of a catalogue id,
// where.reason.<reason>.
type Reason string

// The reasons.
const (
	ReasonBrowser      Reason = "browser"       // there is one here
	ReasonWSL          Reason = "wsl"           // that of Windows
	ReasonCI           Reason = "ci"            // nobody is there to answer
	ReasonCodespace    Reason = "codespace"     //
	ReasonDevContainer Reason = "dev_container" //
	ReasonMosh         Reason = "mosh"          // mosh forwards no port
	ReasonSSH          Reason = "ssh"           // the browser is at the other end
	ReasonContainer    Reason = "container"     // no browser in a container
	ReasonConsole      Reason = "console"       // the Linux console, no display
	ReasonNoDisplay    Reason = "no_display"    //
	ReasonNoBrowser    Reason = "no_browser"    // a display, and nothing that shows a page
	ReasonRules        Reason = "rules"         // what would fit is not allowed
)

// Recommended is the way to sign in that works in this place, and why: the
// first of the choices that is allowed, should an admin's rule forbid the best
// one. Choices may be nil. The method is "" when all of them are refused.
func (w Where) Recommended(choices []Choice) (Method, Reason) {
	best, why := w.best()
	allowed := func(m Method) bool {
		for _, c := range choices {
			if c.Method == m {
				return c.Refused == nil
			}
		}
		return choices == nil
	}
	for _, m := range append([]Method{best}, Methods()...) {
		switch {
		case !allowed(m):
		case m == best:
			return m, why
		default:
			return m, ReasonRules
		}
	}
	return "", ReasonRules
}

func (w Where) best() (Method, Reason) {
	switch {
	case w.CI:
		return APIKey, ReasonCI
	case w.Codespace != "":
		return Device, ReasonCodespace
	case w.DevContainer:
		return Device, ReasonDevContainer
	case w.Mosh:
		return Device, ReasonMosh
	case w.SSH != nil:
		return Device, ReasonSSH
	case w.WSL != 0 && w.Browser && w.Interop:
		return Browser, ReasonWSL
	case w.Browser:
		return Browser, ReasonBrowser
	case w.Container != "":
		return Device, ReasonContainer
	case w.Console && !w.Display:
		return Device, ReasonConsole
	case !w.Display:
		return Device, ReasonNoDisplay
	}
	return Device, ReasonNoBrowser
}

// ExplainReason is half a line that says why a method is recommended.
func (w Where) ExplainReason(say *assets.Catalogue, why Reason) string {
	client := ""
	if w.SSH != nil && w.SSH.Client.IsValid() {
		client = w.SSH.Client.String()
	}
	return say.Say("where.reason."+string(why), "Client", client, "Container", w.Container)
}
