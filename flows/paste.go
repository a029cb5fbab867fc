package flows

import (
	"net/url"
	"regexp"
	"strings"
	"unicode"

	"codex-login/assets/display"
	"codex-login/flows/loginlog"
)

// bareCode is the alphabet of an authorization code: the unreserved characters
// of a URL and those of base64.
var bareCode = regexp.MustCompile(`^[A-Za-z0-9._~+/=-]+$`)

// A code is too long to be a word, and shorter than a file.
const minCode, maxCode = 16, 2048

// paste takes a redirect URL, its query, or a bare code, as people bring them
// from another machine: wrapped, quoted, escaped, without a scheme.
func (f *browserFlow) paste(text string) error {
	a, err := f.parsePaste(text)
	if err != nil {
		f.login.failed(loginlog.PastedNot, err)
		return err
	}
	if !f.arrived(loginlog.Pasted, a) {
		return &InputError{Problem: InputAlreadyWaiting}
	}
	return nil
}

func (f *browserFlow) parsePaste(text string) (authorization, error) {
	if len(text) > 16<<10 {
		return authorization{}, &InputError{Problem: InputTooLong}
	}
	text = joinWrapped(text)
	if text == "" {
		return authorization{}, &InputError{Problem: InputEmpty}
	}
	if !strings.ContainsAny(text, "?&") && !strings.Contains(text, "code=") {
		if strings.Contains(text, "://") || len(text) < minCode || len(text) > maxCode || !bareCode.MatchString(text) {
			return authorization{}, &InputError{Problem: InputNotARedirect}
		}
		// A bare code carries no state. PKCE still binds it to this sign-in.
		return authorization{code: text, pasted: true}, nil
	}
	query, ok := redirectQuery(text)
	if !ok {
		return authorization{}, &InputError{Problem: InputNotARedirect}
	}
	if !f.sameState(query) {
		return authorization{}, &InputError{Problem: InputWrongState}
	}
	a := f.authorizationOf(query)
	a.pasted = true
	if a.err == errNoCode {
		return authorization{}, &InputError{Problem: InputNoCode}
	}
	return a, nil
}

// lineMarks are what mails, panes and boxes put at the ends of a line.
var lineMarks = regexp.MustCompile(`(?m)^[\s>|\x{2500}-\x{257f}]+|[\s|\x{2500}-\x{257f}]+$`)

// ampersands are the ways in which a page's source, JSON and scripts write "&".
var ampersands = strings.NewReplacer("&amp;", "&", "&AMP;", "&", "&#38;", "&", "&#x26;", "&", "&#X26;", "&", `\u0026`, "&")

// joinWrapped removes what terminals, chats, shells and quotes add to a URL.
// Neither a code nor a state has any of that in it.
func joinWrapped(text string) string {
	text = lineMarks.ReplaceAllString(text, "")
	text = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, display.Clean(text))
	// A text that was escaped twice has the end of one of them left over.
	for range 3 {
		text = ampersands.Replace(text)
	}
	text = strings.NewReplacer(`\`, "", "^", "").Replace(text)
	text = strings.TrimLeft(text, "\"'`<({“”‘’«»„")
	return strings.TrimRight(text, "\"'`>)]}“”‘’«».,;:!?…")
}

// redirectQuery returns the query of a redirect to our callback. The host is
// whatever the browser was told, so only loopback names and a missing host
// pass.
func redirectQuery(text string) (url.Values, bool) {
	raw := text
	if before, query, found := strings.Cut(text, "?"); found {
		place := before
		if _, rest, ok := strings.Cut(before, "://"); ok {
			place = rest
		}
		host, path, _ := strings.Cut(place, "/")
		name, _, _ := strings.Cut(strings.TrimPrefix(host, "["), ":")
		if strings.HasPrefix(host, "[::1]") {
			name = "::1"
		}
		switch strings.ToLower(name) {
		case "", "localhost", "127.0.0.1", "::1":
		default:
			return nil, false
		}
		if host != "" && "/"+path != callbackPath {
			return nil, false
		}
		raw = query
	}
	raw, _, _ = strings.Cut(raw, "#")
	query, err := url.ParseQuery(raw)
	return query, err == nil && (query.Has("code") || query.Has("error") || query.Has("state"))
}
