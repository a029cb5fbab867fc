package sandbox

import (
	"encoding/xml"
	"errors"
	"io"
	"net/url"
	"strings"
	"testing"
)

// wellFormed reads a page as strict XML, which the walker of Approve relies on,
// and returns the elements with their attributes.
func wellFormed(t *testing.T, body string) []xml.StartElement {
	t.Helper()
	var elements []xml.StartElement
	decoder := xml.NewDecoder(strings.NewReader(strings.TrimPrefix(body, "<!doctype html>")))
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return elements
		}
		if err != nil {
			t.Fatalf("the page is not well formed: %v\n%s", err, body)
		}
		if e, ok := token.(xml.StartElement); ok {
			elements = append(elements, e.Copy())
		}
	}
}

// everyPage walks both flows and returns each page by its name.
func (s *Server) everyPage(t *testing.T) map[string]reply {
	t.Helper()
	pages := map[string]reply{"home": s.get(t, "/"), "error": s.get(t, "/oauth/authorize?client_id=x")}
	visit := func(path, step string, fields url.Values, pairs ...string) {
		form := values(pairs...)
		form["ticket"] = fields["ticket"]
		pages[path+" "+step] = s.postForm(t, path, form)
	}
	person, workspace := s.people[0].Email, s.people[0].Workspaces[0].ID
	link := "/oauth/authorize?" + newAttempt().query().Encode()
	pages["sign-in"] = s.get(t, link)
	fields := s.openPage(t, link)
	visit("/oauth/authorize", "nobody", fields)
	visit("/oauth/authorize", "workspace", fields, "person", person)
	visit("/oauth/authorize", "consent", fields, "workspace", workspace)

	d := s.newDevice(t)
	fields = s.openPage(t, "/codex/device")
	visit("/codex/device", "code", fields, "person", person)
	visit("/codex/device", "wrong", fields, "user_code", `"><script>alert(1)</script>`)
	visit("/codex/device", "workspace", fields, "user_code", d.text("user_code"))
	visit("/codex/device", "consent", fields, "workspace", workspace)
	visit("/codex/device", "done", fields, "decision", "allow")
	return pages
}

func TestEveryPage(t *testing.T) {
	s := start(t, Options{})
	for name, r := range s.everyPage(t) {
		t.Run(name, func(t *testing.T) {
			policy := r.header.Get("Content-Security-Policy")
			for _, part := range []string{"default-src 'none'", "style-src 'self'", "form-action 'self'", "frame-ancestors 'none'"} {
				if !strings.Contains(policy, part) {
					t.Errorf("the policy lacks %s: %s", part, policy)
				}
			}
			if r.header.Get("Cache-Control") != "no-store" || r.header.Get("Referrer-Policy") != "no-referrer" {
				t.Error("the page could be stored or leak its address")
			}
			if !strings.Contains(r.body, "not OpenAI, nothing leaves this machine") {
				t.Error("the page does not say that it is a sandbox")
			}
			checkElements(t, wellFormed(t, r.body))
		})
	}
}

// checkElements looks at what a person without eyes or without scripts needs.
func checkElements(t *testing.T, elements []xml.StartElement) {
	t.Helper()
	labels, count := map[string]bool{}, map[string]int{}
	for _, e := range elements {
		count[e.Name.Local]++
		attr := attributes(e)
		if e.Name.Local == "label" {
			labels[attr["for"]] = true
		}
		if e.Name.Local == "html" && attr["lang"] == "" {
			t.Error("the page has no language")
		}
		for name := range attr {
			if strings.HasPrefix(name, "on") || name == "style" {
				t.Errorf("<%s> has %s", e.Name.Local, name)
			}
		}
	}
	if count["h1"] != 1 || count["main"] != 1 || count["title"] != 1 || count["script"] != 0 || count["style"] != 0 {
		t.Errorf("elements: %v", count)
	}
	for _, e := range elements {
		if attr := attributes(e); e.Name.Local == "input" && attr["type"] != "hidden" && !labels[attr["id"]] {
			t.Errorf("the field %q has no label", attr["name"])
		}
	}
}

func TestHostileNamesAreEscaped(t *testing.T) {
	const evil = `<script>alert("1")</script>'"&`
	s := start(t, Options{People: []Person{{
		ID: "u", Name: evil, Email: evil, About: evil,
		Workspaces: []Workspace{{ID: evil, Name: evil, Plan: evil, About: evil}},
	}}})
	for name, r := range s.everyPage(t) {
		for _, e := range wellFormed(t, r.body) {
			if e.Name.Local == "script" {
				t.Errorf("%s: a script got in", name)
			}
		}
	}
	query := newAttempt().query()
	query.Set("originator", evil)
	a := newAttempt()
	if code := s.code(t, &a, Seat{evil, evil}); code == "" {
		t.Error("the seat cannot be chosen")
	}
}

func TestStylesheet(t *testing.T) {
	s := start(t, Options{})
	r := s.get(t, "/sandbox/style.css")
	if r.status != 200 || !strings.HasPrefix(r.header.Get("Content-Type"), "text/css") ||
		!strings.Contains(r.body, "prefers-color-scheme: dark") || strings.Contains(r.body, "url(") {
		t.Errorf("%d %s", r.status, r.header.Get("Content-Type"))
	}
}

// The callback's origin has to be in form-action: browsers apply it to the
// redirect after a form too.
func TestPolicyNamesTheCallback(t *testing.T) {
	s := start(t, Options{})
	a := newAttempt()
	r := s.get(t, "/oauth/authorize?"+a.query().Encode())
	if !strings.Contains(r.header.Get("Content-Security-Policy"), "form-action 'self' http://127.0.0.1:1455;") {
		t.Error(r.header.Get("Content-Security-Policy"))
	}
}

func TestInitials(t *testing.T) {
	for name, want := range map[string]string{
		"Mina Park": "MP", "li wei zhang": "LW", "": "", "1 2": "", "김 민아": "김민", "\xff x": "X", "A": "A",
	} {
		if got := initials(name); got != want {
			t.Errorf("%q: %q", name, got)
		}
	}
}

func FuzzReadPage(f *testing.F) {
	f.Add([]byte(`<!doctype html><html><title>x</title><main id="a"><p role="alert">no</p><form action="/" method="post"><input name="a"><button name="b" value="c" disabled>x</form>`))
	f.Add([]byte("<form><form><input type=hidden"))
	f.Fuzz(func(t *testing.T, body []byte) {
		p := readPage(body)
		for _, one := range p.forms {
			if sent, ok := one.fill(answers{"b": "c"}); ok {
				for name := range one.hidden {
					if !sent.Has(name) {
						t.Errorf("the hidden field %q was lost", name)
					}
				}
			}
		}
	})
}

func FuzzBodyFields(f *testing.F) {
	f.Add("application/json", []byte(`{"a":"b","c":1}`))
	f.Add("application/x-www-form-urlencoded", []byte("a=b&a=c&%"))
	f.Fuzz(func(t *testing.T, kind string, body []byte) {
		if bodyFields(kind, body) == nil {
			t.Error("nil fields cannot be asked")
		}
	})
}
