package sandbox

import (
	"os"
	"testing"
)

func TestMain(m *testing.M) {
	if code, done := Isolate(); done {
		os.Exit(code)
	}
	os.Exit(m.Run())
}
