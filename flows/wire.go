package flows

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"codex-login/assets/display"
	"codex-login/flows/network"
)

// The limits of every request, beside those of the client.
const (
	revokeLimit = 10 * time.Second // as Codex
	enrichLimit = 10 * time.Second
	bodyLimit   = 1 << 20
)

// parameter is one form or query parameter. The order is part of the wire, so
// url.Values, which sorts, cannot be used.
type parameter struct{ name, value string }

func encodeParameters(ps []parameter) string {
	var b strings.Builder
	for i, p := range ps {
		if i > 0 {
			b.WriteByte('&')
		}
		b.WriteString(url.QueryEscape(p.name) + "=" + url.QueryEscape(p.value))
	}
	return b.String()
}

// request is one call of the issuer.
type request struct {
	method, url, contentType, body string
	// identified adds originator and User-Agent, which Codex sends on some
	// endpoints and not on others.
	identified bool
	bearer     string
	// repeats is not nil for one of many that ask the same.
	repeats *repeats
}

// answer is what came back, body already bounded.
type answer struct {
	status  int
	header  http.Header
	body    []byte
	request request
}

var errTooLarge = errors.New("the answer is larger than 1 MiB")

// do sends r. It returns a *network.Error when there was no answer and a
// *ServerError when the answer was too large to be one. The login log tells of
// it.
func (l *Login) do(ctx context.Context, r request) (answer, error) {
	visit, ctx := l.visit(ctx, r)
	a, err := l.fetch(ctx, r)
	if err != nil {
		visit.unanswered(err)
		return a, err
	}
	visit.answered(a)
	return a, nil
}

func (l *Login) fetch(ctx context.Context, r request) (answer, error) {
	var body io.Reader
	if r.body != "" {
		body = strings.NewReader(r.body)
	}
	req, err := http.NewRequestWithContext(ctx, r.method, r.url, body)
	if err != nil {
		return answer{}, &network.Error{Problem: network.Offline, Host: network.HostOf(r.url), Err: errors.New("not a valid address")}
	}
	req.Header.Set("Accept", "*/*")
	// An empty value keeps Go from sending its own name.
	req.Header.Set("User-Agent", "")
	if r.contentType != "" {
		req.Header.Set("Content-Type", r.contentType)
	}
	if r.identified {
		req.Header.Set("Originator", originator)
		req.Header.Set("User-Agent", l.Issuer.UserAgent)
	}
	if r.bearer != "" {
		req.Header.Set("Authorization", "Bearer "+r.bearer)
	}
	resp, err := l.Client.Do(req)
	if err != nil {
		return answer{}, network.ErrorOf(ctx, r.url, err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(resp.Body, bodyLimit+1))
	if err != nil {
		return answer{}, network.ErrorOf(ctx, r.url, err)
	}
	a := answer{status: resp.StatusCode, header: resp.Header, body: text, request: r}
	if len(text) > bodyLimit {
		a.body = nil
		e := a.failure()
		e.Detail = errTooLarge.Error()
		return answer{}, e
	}
	return a, nil
}

func (l *Login) postForm(ctx context.Context, target string, ps ...parameter) (answer, error) {
	return l.do(ctx, request{
		method: http.MethodPost, url: target,
		contentType: "application/x-www-form-urlencoded", body: encodeParameters(ps),
	})
}

// postJSON sends a struct, whose field order is the order on the wire. asked is
// for a question of many.
func (l *Login) postJSON(ctx context.Context, target string, identified bool, body any, asked ...*repeats) (answer, error) {
	text, err := json.Marshal(body)
	if err != nil {
		return answer{}, err
	}
	r := request{method: http.MethodPost, url: target, contentType: "application/json", body: string(text), identified: identified}
	if len(asked) > 0 {
		r.repeats = asked[0]
	}
	return l.do(ctx, r)
}

func (a answer) ok() bool { return a.status >= 200 && a.status < 300 }

// decode reads the body as JSON; a body that is none is a *ServerError.
func (a answer) decode(into any) error {
	if err := json.Unmarshal(a.body, into); err != nil {
		e := a.failure()
		e.Code, e.Detail = "invalid_answer", ""
		return e
	}
	return nil
}

// failure is the answer as an error, with what the server said about it.
func (a answer) failure() *ServerError {
	e := &ServerError{Host: network.HostOf(a.request.url), Status: a.status}
	if u, err := url.Parse(a.request.url); err == nil {
		e.Endpoint = u.Path
	}
	e.Code, e.Detail = errorDetail(a.body, a.request.secrets()...)
	e.RequestID = a.requestID()
	return e
}

// requestIDForm is how servers name requests: a word, no sentence.
var requestIDForm = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// requestID is the server's name for the request, which its operators look up;
// "" where it gives none. It is taken in no form but that of a name, and not if
// it stands in the request or the answer: a server may repeat what it was sent.
func (a answer) requestID() string {
	for _, name := range []string{"X-Request-Id", "X-Oai-Request-Id", "Cf-Ray"} {
		id := a.header.Get(name)
		if !requestIDForm.MatchString(id) {
			continue
		}
		repeated := false
		for _, text := range append(a.request.secrets(), a.request.body, a.request.bearer, string(a.body)) {
			repeated = repeated || strings.Contains(text, id)
		}
		if !repeated {
			return id
		}
	}
	return ""
}

// secretNames are the parameters and members of a request that nobody may see.
var secretNames = []string{
	"code", "code_verifier", "subject_token", "token", "device_auth_id", "refresh_token", "id_token", "access_token",
}

// minSecret keeps a short value from being cut out of the middle of words.
const minSecret = 6

// secrets lists the secret values of a request, its address's user and password
// too, as they are and as they are written in a form.
func (r request) secrets() []string {
	var values []string
	if r.bearer != "" {
		values = append(values, r.bearer)
	}
	if u, err := url.Parse(r.url); err == nil && u.User != nil {
		password, _ := u.User.Password()
		both := u.User.Username() + ":" + password
		// As Basic sends it; without the padding it is found with it, too.
		values = append(values, base64.RawStdEncoding.EncodeToString([]byte(both)), u.User.String(), both, password, u.User.Username())
	}
	var members map[string]any
	form, _ := url.ParseQuery(r.body)
	if json.Unmarshal([]byte(r.body), &members) == nil {
		form = nil
	}
	for _, name := range secretNames {
		text, _ := members[name].(string)
		values = append(values, text, form.Get(name))
	}
	var out []string
	for _, v := range values {
		if len(v) < minSecret {
			continue
		}
		out = append(out, v)
		if escaped := url.QueryEscape(v); escaped != v {
			out = append(out, escaped)
		}
	}
	return out
}

// errorDetail finds the code and the sentence in the shapes that OpenAI's
// servers use: {"error_description"}, {"error":{"code","message"}},
// {"error":"code"}, {"code","message"}, {"detail"}, or plain text. A server may
// repeat what it was sent; the secrets in it are not repeated further.
func errorDetail(body []byte, secrets ...string) (code, detail string) {
	safe := func(text string, limit int) string {
		// Twice: a secret may be cut by characters that display drops.
		for range 2 {
			for _, s := range secrets {
				text = strings.ReplaceAll(text, s, "[…]")
			}
			text = display.Line(text, len(text))
		}
		return display.Line(text, limit)
	}
	var shape struct {
		Error       json.RawMessage `json:"error"`
		Description string          `json:"error_description"`
		Code        string          `json:"code"`
		Message     string          `json:"message"`
		Detail      json.RawMessage `json:"detail"`
	}
	if json.Unmarshal(body, &shape) != nil {
		text := string(body)
		if strings.Contains(text, "<") {
			// An HTML page of a gateway says nothing that fits a line.
			return "", ""
		}
		return "", safe(text, 300)
	}
	var nested struct{ Code, Message string }
	var plain string
	if json.Unmarshal(shape.Error, &plain) == nil {
		code = plain
	} else if json.Unmarshal(shape.Error, &nested) == nil {
		code = nested.Code
	}
	if code == "" {
		code = shape.Code
	}
	var said string
	_ = json.Unmarshal(shape.Detail, &said)
	for _, s := range []string{shape.Description, nested.Message, shape.Message, said, code} {
		if strings.TrimSpace(s) != "" {
			return safe(code, 80), safe(s, 300)
		}
	}
	return "", ""
}
