package assets

import (
	"html/template"
	"io"
	"sync"
)

// Page is what the browser shows at the end of a sign-in. It never holds a
// secret.
type Page struct {
	Failed            bool
	Title, Text, Hint string
	// Nonce is the one that the Content-Security-Policy of the answer permits
	// for the style sheet.
	Nonce string
}

var pageTemplate = sync.OnceValue(func() *template.Template {
	return template.Must(template.ParseFS(files, "pages/callback.html"))
})

// Write renders the page.
func (p Page) Write(w io.Writer) error { return pageTemplate().Execute(w, p) }
