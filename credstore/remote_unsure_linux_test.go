package credstore

import (
	"errors"
	"strings"
	"testing"
)

// Once a login was put in its place there, nothing that goes wrong says that it
// is not stored: whoever believed that would end its session.
func TestRemoteIsUnsureOnceItIsInItsPlace(t *testing.T) {
	defer func(s string) { remoteScript = s }(remoteScript)
	script := remoteScript
	for name, after := range map[string]string{
		"the connection breaks off":   "answer ok; exit 0",
		"somebody removes it":         `rm "$target"; answer ok`,
		"somebody writes another one": `echo {} >"$target"; answer ok`,
	} {
		t.Run(name, func(t *testing.T) {
			before, keep, found := strings.Cut(script, "\nkeep() {")
			if !found {
				t.Fatal("the script has changed")
			}
			remoteScript = before + "\nkeep() {" + strings.Replace(keep, "answer ok", after, 1)
			home := testHome(t)
			r := reach(t, container(t, engines(t, "sh"), home, MachineDocker))
			_, err := r.Save(testContext(t), apiKey("sk-test"), Steps{})
			var e *MachineError
			if !errors.As(err, &e) || !e.Unsure {
				t.Errorf("%v", err)
			}
			if strings.Contains(name, "breaks off") && !exists(home.AuthFile()) {
				t.Error("it is not stored")
			}
			// A page of the account book there is not the login.
			if err := r.Keep(testContext(t), apiKey("sk-other")); err == nil || errors.As(err, &e) && e.Unsure {
				t.Errorf("%v", err)
			}
		})
	}
}
