package credstore

import (
	"os"
	"testing"
)

func TestKeepUnreadable(t *testing.T) {
	home := testHome(t)
	const text = `{"OPENAI_API_KEY": "sk-half a fi`
	first, err := KeepUnreadable(home, NewSecret(text))
	if err != nil {
		t.Fatal(err)
	}
	again, err := KeepUnreadable(home, NewSecret(text))
	if err != nil || again != first {
		t.Errorf("again: %s, %v", again, err)
	}
	other, err := KeepUnreadable(home, NewSecret("another"))
	if err != nil || other == first {
		t.Errorf("another: %s, %v", other, err)
	}
	kept, err := os.ReadFile(first)
	if err != nil || string(kept) != text {
		t.Errorf("kept %q, %v", kept, err)
	}
	if info, err := os.Stat(first); err != nil || !hasMode(info, 0o600) {
		t.Errorf("mode: %v, %v", info.Mode(), err)
	}
}
