package credstore

import (
	"errors"
	"os"
	"testing"
)

func TestKeepUnreadable(t *testing.T) {
	home := testHome(t)
	if _, err := KeepUnreadable(testContext(t), home); !errors.Is(err, ErrNotFound) {
		t.Errorf("without a file: %v", err)
	}
	const text = `{"OPENAI_API_KEY": "sk-half a fi`
	write(t, home.AuthFile(), text)
	first, err := KeepUnreadable(testContext(t), home)
	if err != nil {
		t.Fatal(err)
	}
	again, err := KeepUnreadable(testContext(t), home)
	if err != nil || again != first {
		t.Errorf("again: %s, %v", again, err)
	}
	kept, err := os.ReadFile(first)
	if err != nil || string(kept) != text {
		t.Errorf("kept %q, %v", kept, err)
	}
	if info, err := os.Stat(first); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode: %v, %v", info.Mode(), err)
	}
}
