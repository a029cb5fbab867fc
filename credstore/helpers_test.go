package credstore

import (
	"context"
	"encoding/base64"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"
)

// missing skips a test by name, or fails it where everything has to be there.
func missing(t *testing.T, what string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatal("needs " + what)
	}
	t.Skip("needs " + what)
}

func b64(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

// jwt makes an unsigned token around a payload.
func jwt(payload string) string {
	return b64(`{"alg":"none"}`) + "." + b64(payload) + "." + b64("signature")
}

// idToken names a person of an account.
func idToken(user, account string) Secret {
	return NewSecret(jwt(fmt.Sprintf(`{"email":"ann@example.com","https://api.openai.com/auth":{"chatgpt_plan_type":"plus","chatgpt_user_id":%q,"chatgpt_account_id":%q}}`, user, account)))
}

var someTime = time.Date(2026, 11, 22, 3, 2, 38, 979182483, time.UTC)

// chatGPT is a login of one session of a person.
func chatGPT(user, account, session string, refreshed time.Time) *Auth {
	return NewChatGPT(Tokens{
		IDToken:      idToken(user, account),
		AccessToken:  NewSecret(jwt(`{"exp":1900000000}`)),
		RefreshToken: NewSecret("rt-" + session),
		Provenance:   &Provenance{Issuer: "https://auth.openai.com", ClientID: "app_x"},
		LoginOwnerID: session,
		AccountID:    account,
	}, nil, refreshed)
}

func apiKey(key string) *Auth { return NewAPIKey(NewSecret(key)) }

// testHome is a home folder whose path has no symbolic link in it.
func testHome(t *testing.T) Home {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return Home{Path: dir}
}

func testContext(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// same fails unless both documents are the same to the last byte.
func same(t *testing.T, got, want *Auth) {
	t.Helper()
	if got == nil || string(got.Encode()) != string(want.Encode()) {
		t.Fatal("another document came back than was stored")
	}
}

// names lists a folder.
func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, e := range entries {
		list = append(list, e.Name())
	}
	return list
}

// hasMode compares the mode of a file. Those of Windows say nothing.
func hasMode(info fs.FileInfo, want fs.FileMode) bool {
	return info.Mode().Perm() == want || runtime.GOOS == "windows"
}
