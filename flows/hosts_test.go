package flows

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestHosts(t *testing.T) {
	home := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		path := filepath.Join(home, ".ssh", name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	getenv := func(name string) string { return map[string]string{"HOME": home}[name] }
	if got := Hosts(getenv); got != nil {
		t.Error(got)
	}
	write("config", strings.ReplaceAll(`
# Host comment
Include conf.d/* "~/.ssh/more ssh"
Host build build2 *.lan !secret # and a comment
  HostName 10.0.0.1
HOST = "quoted" -oProxyCommand=x
	hostname x
host=equals
Host build
Match host match
  User ann
Include config
Host *
Host
Host last`, "\n", "\r\n"))
	write("conf.d/10", "Host inner\n")
	write("conf.d/20", "Host inner2\n  Include deeper\n")
	write("deeper", "Host deep")
	write("more ssh", "Host more\n")
	var names []string
	for _, target := range Hosts(getenv) {
		names = append(names, target.String())
	}
	if got := strings.Join(names, " "); got != "inner inner2 deep more build build2 quoted equals last" {
		t.Error(got)
	}
}

// Files that include each other, several times each, are read once; so is no
// line too long, and no folder too full.
func TestHostsOfFilesThatIncludeEachOther(t *testing.T) {
	home := t.TempDir()
	dir := filepath.Join(home, ".ssh")
	if err := os.MkdirAll(filepath.Join(dir, "many"), 0o700); err != nil {
		t.Fatal(err)
	}
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	includes := "Include a b config\nInclude a b config\nInclude a b config\n"
	write("config", includes+"# "+strings.Repeat("x", 1<<17)+"\nHost main\nInclude many/*\n")
	write("a", includes+"Host a\n")
	write("b", includes+"Host b\n")
	for i := range 2 * mostConfigs {
		write(fmt.Sprintf("many/%04d", i), fmt.Sprintf("Host m%04d\n", i))
	}
	var names []string
	for _, target := range Hosts(func(string) string { return home }) {
		names = append(names, target.Name)
	}
	if len(names) != mostConfigs || strings.Join(names[:4], " ") != "b a main m0000" {
		t.Error(len(names), names[:min(len(names), 4)])
	}
}
