package main

import (
	"testing"
)

// The first variable that is set decides, as POSIX has it.
func TestLocale(t *testing.T) {
	for _, test := range []struct {
		env  map[string]string
		want string
	}{
		{map[string]string{"LC_ALL": "C", "LANG": "de_DE.UTF-8"}, "C"},
		{map[string]string{"LC_ALL": "", "LC_MESSAGES": "fr_FR", "LANG": "de_DE"}, "fr_FR"},
		{map[string]string{"LANG": "de_DE"}, "de_DE"},
		{nil, ""},
	} {
		if got := locale(func(name string) string { return test.env[name] }); got != test.want {
			t.Errorf("%v: %q, want %q", test.env, got, test.want)
		}
	}
}
