package sandbox

import (
	"bytes"
	"embed"
	"html/template"
	"net/http"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

//go:embed pages
var pageFiles embed.FS

// pageTemplates are parsed at the first page: the package is linked into a
// program whose every other command would pay for it.
var pageTemplates = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("").Funcs(template.FuncMap{
		"initials": initials, "plan": planName,
	}).ParseFS(pageFiles, "pages/*.html"))
})

// page is what the one layout shows. Name says which page it is and picks the
// template of its middle part, "notice" when it has none of its own.
type page struct {
	Name    string
	Title   string
	Text    []string
	Tone    string // "", good or bad
	Problem string // what was wrong with the form that came in
	Action  string // where the forms go
	Ticket  string
	Step    int // 1…; 0 shows no steps
	Steps   int

	People     []Person
	Person     *Person
	Workspaces []choice
	Seat       *seatView
	Code       string
	App        string
}

// seatView is a person in a workspace, as pages show them.
type seatView struct{ Name, Email, Workspace, Plan string }

func (a account) view() *seatView {
	return &seatView{a.person.Name, a.person.Email, a.workspace.Name, a.workspace.Plan}
}

// choice is a workspace, and why it cannot be chosen if it cannot.
type choice struct {
	Workspace
	Barred bool
}

func (s *Server) show(w http.ResponseWriter, status int, p page) { s.showFor(w, status, p, nil) }

func (s *Server) showFor(w http.ResponseWriter, status int, p page, request *authorizeRequest) {
	var body bytes.Buffer
	if err := pageTemplates().ExecuteTemplate(&body, "layout.html", p); err != nil {
		http.Error(w, "sandbox: the page cannot be shown", http.StatusInternalServerError)
		return
	}
	pageHeaders(w, request)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(body.Bytes())
}

// pageHeaders keep a page from being stored, framed or reached by scripts. The
// callback's origin has to be in form-action, because browsers apply it to the
// redirect that answers a form too.
func pageHeaders(w http.ResponseWriter, request *authorizeRequest) {
	target := ""
	if request != nil {
		target = " " + request.redirectURI.Scheme + "://" + request.redirectURI.Host
	}
	h := w.Header()
	h.Set("Content-Security-Policy",
		"default-src 'none'; style-src 'self'; form-action 'self'"+target+"; base-uri 'none'; frame-ancestors 'none'")
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
}

func stylesheet(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	http.ServeFileFS(w, r, pageFiles, "pages/style.css")
}

func (s *Server) homePage(w http.ResponseWriter, _ *http.Request) {
	s.show(w, http.StatusOK, page{
		Name: "home", Title: "The sandbox is running", People: s.people,
		Text: []string{"It stands in for OpenAI's sign-in while codex-login is shown or tested. These people live here:"},
	})
}

func (s *Server) errorPage(w http.ResponseWriter, status int, title, text string) {
	s.show(w, status, page{Name: "error", Title: title, Text: []string{text}, Tone: "bad"})
}

// form fills in what every page of a visit has in common.
func (t *ticket) form(p page) page {
	p.Ticket, p.Action, p.Steps, p.Person = t.id, "/oauth/authorize", 3, t.person
	if t.request == nil {
		p.Action, p.Steps = "/codex/device", 4
		if p.Step > 1 && p.Name != "code" {
			p.Step++ // the code comes second
		}
	}
	return p
}

func (s *Server) signInPage(w http.ResponseWriter, t *ticket, problem string) {
	s.showFor(w, http.StatusOK, t.form(page{
		Name: "sign-in", Title: "Sign in", Step: 1, Problem: problem, People: s.people,
		Text: []string{"Choose who you are. Nobody here has a password."},
	}), t.request)
}

func (s *Server) codePage(w http.ResponseWriter, t *ticket, problem string) {
	s.showFor(w, http.StatusOK, t.form(page{
		Name: "code", Title: "Enter your code", Step: 2, Problem: problem, Code: t.code,
		Text: []string{"Type the code that your terminal shows."},
	}), t.request)
}

func (s *Server) workspacePage(w http.ResponseWriter, t *ticket, problem string) {
	p := t.form(page{
		Name: "workspace", Title: "Choose a workspace", Step: 2, Problem: problem,
		Text: []string{"Codex will use the plan and the rules of this workspace."},
	})
	open := 0
	for _, w := range t.person.Workspaces {
		barred := !t.request.allows(w.ID)
		p.Workspaces = append(p.Workspaces, choice{w, barred})
		if !barred {
			open++
		}
	}
	if open == 0 {
		p.Problem = "Your admin allows only workspaces that this person is not in."
	}
	s.showFor(w, http.StatusOK, p, t.request)
}

func (s *Server) consentPage(w http.ResponseWriter, t *ticket) {
	p := t.form(page{Name: "consent", Title: "Let Codex sign in?", Step: 3, Seat: t.seat.view(), App: "Codex"})
	if t.device != nil {
		p.Title, p.Code = "Sign in your device?", t.device.userCode
	} else if t.request.originator != "" {
		p.App = t.request.originator
	}
	s.showFor(w, http.StatusOK, p, t.request)
}

// initials are the first letters of the first two words.
func initials(name string) string {
	var b strings.Builder
	for _, word := range strings.Fields(name) {
		if r, _ := utf8.DecodeRuneInString(word); unicode.IsLetter(r) && b.Len() < 2*utf8.UTFMax {
			b.WriteRune(unicode.ToUpper(r))
		}
		if utf8.RuneCountInString(b.String()) == 2 {
			break
		}
	}
	return b.String()
}

// planName writes chatgpt_plan_type as a word.
func planName(plan string) string {
	r, n := utf8.DecodeRuneInString(plan)
	if n == 0 {
		return ""
	}
	return string(unicode.ToUpper(r)) + plan[n:]
}
