package policy

import (
	"encoding/base64"
	"errors"
	"strings"
	"testing"
)

// preferencesOf answers like macOS.
func preferencesOf(values map[string]string) func(string) (string, bool, error) {
	return func(key string) (string, bool, error) {
		v, ok := values[key]
		if v == "denied" {
			return "", false, errors.New("denied")
		}
		return v, ok, nil
	}
}

func encoded(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }

func TestManagedPreferences(t *testing.T) {
	both := configuration{managed: "forced_login_method = 'api'", requirements: "allowed_login_methods = ['api', 'chatgpt']\ncli_auth_credentials_store = 'file'"}
	o := both.options(t)
	o.Preference = preferencesOf(map[string]string{
		configPreference:       " \n" + encoded("# ours\nforced_login_method = 'chatgpt'") + "\r\n",
		requirementsPreference: encoded("\ufeffallowed_login_methods = ['chatgpt']"),
	})
	r, err := Load(o)
	if err != nil {
		t.Fatal(err)
	}
	demands := r.Demands()
	if len(demands) != 2 || demands[0].Source.String() != "managed preferences, com.openai.codex config_toml_base64:2" ||
		demands[1].Source.String() != "managed preferences, com.openai.codex requirements_toml_base64:1" {
		t.Errorf("%+v", demands)
	}
	if !r.StorePinned {
		t.Error("the file below says nothing any more")
	}
	methods := r.Settings()[0]
	if methods.Key != ForcedMethod || len(methods.Said) != 2 || methods.Value() != "chatgpt" || methods.Said[1].Source.File == "" {
		t.Errorf("%+v", methods)
	}
	if l := r.Layers(); len(l) != 7 || l[0].Preference != requirementsPreference || l[2].Preference != configPreference || l[2].State != LayerRead {
		t.Errorf("%+v", l)
	}
}

func TestManagedPreferencesFailClosed(t *testing.T) {
	for name, test := range map[string]struct {
		key, value, want string
	}{
		"denied":        {configPreference, "denied", "cannot be read: denied"},
		"no base64":     {configPreference, "%%", "is not base64"},
		"no padding":    {configPreference, "YQ", "is not base64"},
		"URL alphabet":  {requirementsPreference, base64.URLEncoding.EncodeToString([]byte("a = '\u07ff?\u07ff>'")), "is not base64"},
		"not UTF-8":     {requirementsPreference, encoded("a = '\xff'"), "does not hold valid UTF-8"},
		"no TOML":       {requirementsPreference, encoded("a = 1\nb"), ":2:1: an equals sign is missing"},
		"no table":      {configPreference, encoded("[1]\n1"), "an equals sign is missing"},
		"wrong value":   {requirementsPreference, encoded("\nallowed_login_methods = 'api'"), ":2:1: allowed_login_methods must be a list"},
		"very large":    {configPreference, encoded("#" + strings.Repeat("x", maxLayer)), "is larger than 1 MiB"},
		"a wrong store": {configPreference, encoded("cli_auth_credentials_store = 'disk'"), StoreKey + " must be"},
	} {
		t.Run(name, func(t *testing.T) {
			o := configuration{}.options(t)
			o.Preference = preferencesOf(map[string]string{test.key: test.value})
			r, err := Load(o)
			var config *ConfigError
			if !errors.As(err, &config) || config.Preference != test.key || config.File != "" ||
				!strings.Contains(err.Error(), test.want) || !strings.HasPrefix(err.Error(), "managed preferences, "+preferenceDomain+" "+test.key) {
				t.Errorf("%v, want %q", err, test.want)
			}
			if r.Allows(API) == nil {
				t.Error("a key may be stored")
			}
		})
	}
}

// An empty preference is an empty layer to Codex, and layers that are not this
// machine's are not joined by its preferences.
func TestManagedPreferencesAbsent(t *testing.T) {
	o := configuration{}.options(t)
	o.Preference = preferencesOf(map[string]string{configPreference: "  "})
	if _, err := Load(o); err != nil {
		t.Error(err)
	}
	if d := (Options{System: "/x"}).readPreference(LayerManaged, configPreference); d.state != LayerAbsent {
		t.Errorf("%+v", d)
	}
}

// What stands in base64 is judged like the same text in a file.
func FuzzPreference(f *testing.F) {
	for _, seed := range []string{"", "a = 1", "forced_login_method = 'api'", "allowed_login_methods = ['api']", "[t]\nx", "\ufeff", "a = '\xff'"} {
		f.Add(encoded(seed), seed)
	}
	f.Add("%", "")
	f.Fuzz(func(t *testing.T, raw, text string) {
		for _, value := range []string{raw, encoded(text)} {
			o := Options{System: "/none", Preference: preferencesOf(map[string]string{configPreference: value, requirementsPreference: value})}
			r, err := Load(o)
			_, again := Load(o)
			if (err == nil) != (again == nil) || err != nil && err.Error() != again.Error() {
				t.Fatalf("%v, then %v", err, again)
			}
			var config *ConfigError
			if errors.As(err, &config) && (config.Preference == "" || config.Problem == "" || r.Allows(API) == nil) {
				t.Fatalf("%+v", config)
			}
			r.Settings()
			r.Layers()
		}
		plain := parsed([]byte(text), Source{})
		d := Options{Preference: preferencesOf(map[string]string{configPreference: encoded(text)})}.readPreference(LayerManaged, configPreference)
		if plain.state != d.state && !(len(text) > maxLayer) {
			t.Fatalf("%q: %s in a file, %s in base64", text, plain.state, d.state)
		}
	})
}
