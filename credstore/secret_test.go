package credstore

import "testing"

func TestHint(t *testing.T) {
	for text, want := range map[string]string{
		"": "***", "1234567890123": "***", "12345678901234": "12345678***01234",
		"sk-\x1b[31m-and-more": "sk-[31m***-more", "ééééééééééééééé": "éééééééé***ééééé",
	} {
		if got := NewSecret(text).Hint(); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestSecret(t *testing.T) {
	if !NewSecret("").Empty() || !(Secret{}).Empty() || (Secret{}).Reveal() != "" || NewSecret("x").Empty() {
		t.Error("emptiness")
	}
	again := NewSecret("a")
	if again != NewSecret("a") || again == NewSecret("b") || NewSecret("äb").Len() != 3 {
		t.Error("comparison")
	}
}
