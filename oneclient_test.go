package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// connecting are the words that make a connection.
var connecting = map[string][]string{
	"net":  {"Dial", "DialTimeout", "Dialer", "DialTCP", "DialUDP", "DialUnix", "DialIP"},
	"tls":  {"Dial", "DialWithDialer", "Dialer", "Client"},
	"http": {"Client", "DefaultClient", "DefaultTransport", "Transport", "Get", "Head", "Post", "PostForm", "ProxyFromEnvironment"},
}

// TestOneClient: every connection to a server is made in flows/network/client.go, so
// that each obeys the bundle and the proxy. What talks to this machine alone is
// listed here.
func TestOneClient(t *testing.T) {
	allowed := map[string]string{
		"flows/network/client.go": "the client",
		"flows/holders_list.go":   "a Unix socket",
	}
	used := map[string]bool{}
	err := filepath.WalkDir(".", func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == ".git" || d.Name() == ".deps" || filepath.ToSlash(path) == "flows/sandbox") {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			s, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			room, ok := s.X.(*ast.Ident)
			if ok && slices.Contains(connecting[room.Name], s.Sel.Name) {
				where := filepath.ToSlash(path)
				used[where] = true
				if allowed[where] == "" {
					t.Errorf("%s: %s.%s", where, room.Name, s.Sel.Name)
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for where := range allowed {
		if !used[where] {
			t.Errorf("%s makes no connection any more", where)
		}
	}
}
