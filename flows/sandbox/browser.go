package sandbox

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Page is what a browser would show.
type Page struct {
	URL    string
	Status int
	Name   string // which page of the sandbox it is; empty for others
	Title  string
	Alert  string // what the page says is wrong
	Body   string

	forms   []form
	leadsTo string // the redirect that was not followed
}

// form is one form of a page.
type form struct {
	action, method string
	hidden         url.Values
	inputs         []string // names of fields to fill in
	buttons        []button
}

type button struct{ name, value string }

// readPage finds the forms. The sandbox writes its pages so that they are XML
// as well; other people's pages may not be, and have no form that is needed.
func readPage(body []byte) Page {
	p := Page{Body: string(body)}
	decoder := xml.NewDecoder(bytes.NewReader(body))
	decoder.Strict, decoder.AutoClose, decoder.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
	var text *string // the element whose text is being collected
	for {
		token, err := decoder.Token()
		if err != nil {
			return p
		}
		switch element := token.(type) {
		case xml.CharData:
			if text != nil {
				*text += string(element)
			}
		case xml.EndElement:
			text = nil
		case xml.StartElement:
			attr := attributes(element)
			switch {
			case element.Name.Local == "title":
				text = &p.Title
			case attr["role"] == "alert":
				text = &p.Alert
			case element.Name.Local == "main":
				p.Name = attr["id"]
			default:
				p.addControl(element.Name.Local, attr)
			}
		}
	}
}

func attributes(e xml.StartElement) map[string]string {
	attr := map[string]string{}
	for _, a := range e.Attr {
		attr[a.Name.Local] = a.Value
	}
	return attr
}

// addControl takes note of a form and of what stands in it.
func (p *Page) addControl(element string, attr map[string]string) {
	if element == "form" {
		p.forms = append(p.forms, form{action: attr["action"], method: attr["method"], hidden: url.Values{}})
		return
	}
	if len(p.forms) == 0 {
		return
	}
	f := &p.forms[len(p.forms)-1]
	if _, disabled := attr["disabled"]; disabled {
		return
	}
	switch {
	case element == "button":
		f.buttons = append(f.buttons, button{attr["name"], attr["value"]})
	case element == "input" && attr["type"] == "hidden":
		f.hidden.Add(attr["name"], attr["value"])
	case element == "input":
		f.inputs = append(f.inputs, attr["name"])
	}
}

// answers is what the walker says, by the name of the field or button.
type answers map[string]string

// fill returns what the form would send, or false when it asks for something
// that there is no answer to.
func (f form) fill(a answers) (url.Values, bool) {
	values := url.Values{}
	for name, v := range f.hidden {
		values[name] = slices.Clone(v)
	}
	for _, name := range f.inputs {
		value, ok := a[name]
		if !ok {
			return nil, false
		}
		values.Set(name, value)
	}
	for _, b := range f.buttons {
		if b.name == "" {
			return values, true
		}
		if value, ok := a[b.name]; ok && value == b.value {
			values.Set(b.name, b.value)
			return values, true
		}
	}
	return nil, false
}

// maxSteps is more pages than any visit has.
const maxSteps = 8

// walk opens a page and answers its forms until one has none. With stay it does
// not leave the issuer: the last page names the way that it would have led.
func (s *Server) walk(ctx context.Context, start string, a answers, stay bool) (*Page, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, start, nil)
	if err != nil {
		return nil, fmt.Errorf("sandbox: no page to open: %w", err)
	}
	p, err := s.visit(r, stay)
	for range maxSteps {
		if err != nil || len(p.forms) == 0 {
			return p, err
		}
		if p.Alert != "" {
			return p, fmt.Errorf("sandbox: the page %q says: %s", p.Name, p.Alert)
		}
		f := p.forms[0]
		values, ok := f.fill(a)
		if !ok {
			return p, fmt.Errorf("sandbox: the page %q does not offer what was chosen", p.Name)
		}
		p, err = s.submit(ctx, p, f, values, stay)
	}
	return p, errors.New("sandbox: the pages do not come to an end")
}

func (s *Server) submit(ctx context.Context, from *Page, f form, values url.Values, stay bool) (*Page, error) {
	base, err := url.Parse(from.URL)
	if err != nil {
		return nil, fmt.Errorf("sandbox: the page has no address: %w", err)
	}
	target, err := base.Parse(f.action)
	if err != nil {
		return nil, fmt.Errorf("sandbox: the form has no address: %w", err)
	}
	r, err := http.NewRequestWithContext(ctx, strings.ToUpper(f.method), target.String(), strings.NewReader(values.Encode()))
	if err != nil {
		return nil, fmt.Errorf("sandbox: the form cannot be sent: %w", err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", base.Scheme+"://"+base.Host)
	return s.visit(r, stay)
}

// visit sends one request as a browser would and follows redirects, but never
// off this machine, nor with stay off the issuer: the last answer before that
// is the page then.
func (s *Server) visit(r *http.Request, stay bool) (*Page, error) {
	r.Header.Set("User-Agent", "Mozilla/5.0 (sandbox)")
	r.Header.Set("Accept", "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8")
	r.Header.Set("Sec-Fetch-Mode", "navigate")
	r.Header.Set("Sec-Fetch-Dest", "document")
	if !onThisMachine(r.URL) {
		return nil, fmt.Errorf("sandbox: %s is not on this machine", r.URL.Host)
	}
	client := *s.client
	client.CheckRedirect = func(next *http.Request, via []*http.Request) error {
		if len(via) >= 10 || !onThisMachine(next.URL) || stay && next.URL.Host != r.URL.Host {
			return http.ErrUseLastResponse
		}
		return nil
	}
	answer, err := client.Do(r)
	if err != nil {
		return nil, fmt.Errorf("sandbox: the page did not open: %w", err)
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(answer.Body, maxBody))
	if err != nil {
		return nil, fmt.Errorf("sandbox: the page did not arrive whole: %w", err)
	}
	p := readPage(body)
	p.URL, p.Status = answer.Request.URL.String(), answer.StatusCode
	if next, err := answer.Location(); err == nil {
		p.leadsTo = next.String()
	}
	return &p, nil
}

func onThisMachine(u *url.URL) bool {
	ip := net.ParseIP(u.Hostname())
	return u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
}
