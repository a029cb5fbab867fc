package main

import (
	"encoding/json"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"codex-login/credstore"
	"codex-login/flows/sandbox"

	"github.com/creack/pty"
	"github.com/godbus/dbus/v5"
)

// examined is the last object of `doctor --json`.
type examined struct {
	Event                              string
	Sound                              bool
	Problems, Warnings, Notes, Fixable int
	TookMS                             int64 `json:"took_ms"`
	Checks                             []struct {
		Check, Severity string
		Findings        []struct {
			Code, Severity, Measured string
			Expected, Do, Fix        *string
		}
	}
}

// sick is a person whose machine is sound but for what a test breaks.
func sick(t testing.TB) *person {
	t.Helper()
	p := newPerson(t, nil)
	p.env = append(p.env, "LC_ALL=C.UTF-8")
	if err := os.Chmod(p.home, 0o700); err != nil {
		t.Fatal(err)
	}
	key := p.issuer.NewAPIKey(sandbox.MinaHarbour)
	if r := p.run(key+"\n", "--with-api-key"); r.code != 0 {
		t.Fatal(r)
	}
	return p
}

// examine runs doctor --json and returns its findings by their codes.
func (p *person) examine(args ...string) (examined, map[string]string, int) {
	p.t.Helper()
	r := p.run("", append([]string{"doctor", "--json", "--offline"}, args...)...)
	lines := strings.Split(strings.TrimSpace(r.out), "\n")
	var last examined
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &last); err != nil || last.Event != "report" {
		p.t.Fatalf("no report: %v\n%s%s", err, r.out, r.err)
	}
	codes := map[string]string{}
	for _, c := range last.Checks {
		for _, f := range c.Findings {
			codes[f.Code] = f.Severity + " " + f.Measured
		}
	}
	for _, line := range lines[:len(lines)-1] {
		var e struct {
			Event, Check string
			Schema       int
		}
		if err := json.Unmarshal([]byte(line), &e); err != nil || e.Event != "checked" && e.Event != "mended" && e.Event != "report" || e.Schema != 1 {
			p.t.Fatalf("%v: %s", err, line)
		}
	}
	return last, codes, r.code
}

// A sound machine: nothing is wrong, and the exit code says so.
func TestDoctorSound(t *testing.T) {
	p := sick(t)
	all, codes, code := p.examine()
	if code != 0 || !all.Sound || all.Problems+all.Warnings > 0 {
		t.Errorf("exit %d, %v", code, codes)
	}
	r := p.run("", "doctor", "--offline")
	if r.code != 0 || !strings.Contains(r.out, "Nothing is wrong") || strings.Contains(r.out, p.home) && p.home != "/" {
		t.Errorf("exit %d: %s%s", r.code, r.out, r.err)
	}
}

// What is wrong is in the exit code, and mended only when that is asked for.
func TestDoctorFix(t *testing.T) {
	p := sick(t)
	auth := filepath.Join(p.home, "auth.json")
	mode := func() os.FileMode {
		info, err := os.Stat(auth)
		if err != nil {
			t.Fatal(err)
		}
		return info.Mode().Perm()
	}
	if err := os.Chmod(auth, 0o644); err != nil {
		t.Fatal(err)
	}
	all, codes, code := p.examine()
	if code != 1 || all.Sound || all.Fixable != 1 || !strings.Contains(codes["permissions.loose"], "~/auth.json has mode 0644") {
		t.Errorf("exit %d, %v", code, codes)
	}
	// Nobody is there to be asked.
	for _, args := range [][]string{{"doctor", "--fix"}, {"doctor", "--fix", "--json"}} {
		if r := p.run("y\n", args...); r.code != 2 || !strings.Contains(r.err, "--yes") || mode() != 0o644 {
			t.Errorf("%v: exit %d, mode %o: %s%s", args, r.code, mode(), r.out, r.err)
		}
	}
	// A person says no, then yes.
	if out, code := p.answered("n\n", "doctor", "--fix", "--offline"); code != 1 || mode() != 0o644 || !strings.Contains(out, "chmod 0600 ~/auth.json") || !strings.Contains(out, "Nothing was mended") {
		t.Errorf("exit %d, mode %o: %s", code, mode(), out)
	}
	if out, code := p.answered("y\n", "doctor", "--fix", "--offline"); code != 0 || mode() != 0o600 || !strings.Contains(out, "Done: chmod 0600") {
		t.Errorf("exit %d, mode %o: %s", code, mode(), out)
	}
	if err := os.Chmod(auth, 0o640); err != nil {
		t.Fatal(err)
	}
	all, codes, code = p.examine("--fix", "--yes")
	if code != 0 || !all.Sound || mode() != 0o600 {
		t.Errorf("exit %d, mode %o, %v", code, mode(), codes)
	}
	if r := p.run("", "doctor", "--fix", "--yes", "--offline"); r.code != 0 || !strings.Contains(r.err, "nothing that can be mended") {
		t.Errorf("exit %d: %s%s", r.code, r.out, r.err)
	}
}

// answered runs a command on a terminal and gives it an answer.
func (p *person) answered(answer string, args ...string) (string, int) {
	p.t.Helper()
	cmd := p.command(args...)
	tty, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 24, Cols: 80})
	if err != nil {
		p.t.Fatal(err)
	}
	defer func() { _ = tty.Close() }()
	var out strings.Builder
	buffer := make([]byte, 4096)
	asked := false
	for {
		n, err := tty.Read(buffer)
		out.Write(buffer[:n])
		if !asked && strings.Contains(out.String(), "[y/N]") {
			asked = true
			if _, err := tty.WriteString(answer); err != nil {
				p.t.Fatal(err)
			}
		}
		if err != nil {
			break
		}
	}
	_ = cmd.Wait()
	return out.String(), cmd.ProcessState.ExitCode()
}

// Whatever is looked at, no secret of it is said: not in lines, not in JSON.
func TestDoctorSaysNoSecret(t *testing.T) {
	p := sick(t)
	const password, key, token = "hunter2secret", "sk-proj-TOPSECRET0123456789", "bearer-topsecret-0123"
	p.env = append(p.env, "HTTPS_PROXY=http://ada:"+password+"@127.0.0.1:9", "CODEX_API_KEY="+key, "ACME_KEY="+key,
		"CODEX_CA_CERTIFICATE="+key, "TERM="+key)
	writeConfig(t, p, "model_provider = \"acme\"\n[model_providers.acme]\nname = \"Acme\"\nbase_url = \"http://ada:"+password+
		"@127.0.0.1:9/v1\"\nenv_key = \"ACME_KEY\"\nexperimental_bearer_token = \""+token+"\"")
	auth, err := os.ReadFile(filepath.Join(p.home, "auth.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(p.home, "auth.json.bak"), auth, 0o644); err != nil {
		t.Fatal(err)
	}
	var document struct {
		Key string `json:"OPENAI_API_KEY"`
	}
	if err := json.Unmarshal(auth, &document); err != nil || document.Key == "" {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"doctor"}, {"doctor", "--json"}, {"doctor", "--offline", "--fix", "--yes"}} {
		r := p.run("", args...)
		if len(r.out) < 1000 {
			t.Errorf("%v: %s%s", args, r.out, r.err)
		}
		for _, secret := range []string{password, key, token, document.Key, document.Key[8:]} {
			if strings.Contains(r.out+r.err, secret) {
				t.Errorf("%v says %q:\n%s%s", args, secret, r.out, r.err)
			}
		}
	}
}

// Where there is no home, or one that cannot be one, doctor says so and goes on.
func TestDoctorWithoutAHome(t *testing.T) {
	p := sick(t)
	p.env = append(p.env, "CODEX_HOME=/nowhere/at/all")
	_, codes, code := p.examine()
	if code != 1 || !strings.Contains(codes["home.missing"], "/nowhere/at/all") || codes["login.no_home"] == "" || codes["terminal.none"] == "" {
		t.Errorf("exit %d, %v", code, codes)
	}
}

// inKeyring is a login in a real gnome-keyring.
func inKeyring(t *testing.T) (*person, credstore.Home) {
	t.Helper()
	bus := secretService(t)
	p := sick(t)
	p.env = append(p.env, bus...)
	if r := p.run("", "store", "keyring"); r.code != 0 {
		t.Fatal(r)
	}
	for _, e := range bus {
		name, value, _ := strings.Cut(e, "=")
		t.Setenv(name, value)
	}
	home, err := credstore.FindHome(func(string) string { return p.home })
	if err != nil {
		t.Fatal(err)
	}
	return p, home
}

// A login that was left in the file beside the keyring goes, and not before the
// one in the keyring was read; another login goes to the account book.
func TestDoctorLeftoverFile(t *testing.T) {
	p, home := inKeyring(t)
	if _, codes, code := p.examine(); code != 0 || codes["leftovers.sound"] == "" || codes["keyring.sound"] == "" {
		t.Fatalf("exit %d, %v", code, codes)
	}
	a, _, err := credstore.Open(home, credstore.ModeKeyring).Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for name, document := range map[string]string{
		"leftovers.file":       string(a.Encode()),
		"leftovers.file_other": `{"auth_mode":"apikey","OPENAI_API_KEY":"sk-another-0123456789abcdef"}`,
	} {
		auth := filepath.Join(p.home, "auth.json")
		if err := os.WriteFile(auth, []byte(document), 0o600); err != nil {
			t.Fatal(err)
		}
		all, codes, code := p.examine()
		if code != 0 || all.Warnings != 1 || !strings.Contains(codes[name], "~/auth.json") {
			t.Errorf("%s: exit %d, %v", name, code, codes)
		}
		all, codes, code = p.examine("--fix", "--yes")
		if code != 0 || all.Warnings != 0 {
			t.Errorf("%s: exit %d, %v", name, code, codes)
		}
		if _, err := os.Lstat(auth); !os.IsNotExist(err) {
			t.Errorf("%s: it is still there: %v", name, err)
		}
		if now, _, err := credstore.Open(home, credstore.ModeKeyring).Load(t.Context()); err != nil || !now.SameSecret(a) {
			t.Errorf("%s: the login in force: %v", name, err)
		}
	}
	if r := p.run("", "accounts", "--json"); strings.Count(r.out, `"api-key"`) != 2 {
		t.Errorf("the other login is lost: %s", r.out)
	}
}

// An entry that was left beside the file goes.
func TestDoctorLeftoverEntry(t *testing.T) {
	p, home := inKeyring(t)
	a, _, err := credstore.Open(home, credstore.ModeKeyring).Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if r := p.run("", "store", "file"); r.code != 0 {
		t.Fatal(r)
	}
	text := string(a.Encode())
	if _, err := credstore.Open(home, credstore.ModeKeyring).Save(t.Context(), a, credstore.Steps{}); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(p.home, "auth.json"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if all, codes, code := p.examine(); code != 0 || all.Warnings != 1 || !strings.Contains(codes["leftovers.entry"], "cli|") {
		t.Errorf("exit %d, %v", code, codes)
	}
	if all, codes, code := p.examine("--fix", "--yes"); code != 0 || all.Warnings != 0 {
		t.Errorf("exit %d, %v", code, codes)
	}
	if _, _, err := credstore.Open(home, credstore.ModeKeyring).Load(t.Context()); err == nil {
		t.Error("the entry is still there")
	}
	if now, _, err := credstore.Open(home, credstore.ModeFile).Load(t.Context()); err != nil || !now.SameSecret(a) {
		t.Errorf("the login in force: %v", err)
	}
}

// A keyring that cannot be used, that is locked, and that has the entry twice.
func TestDoctorKeyring(t *testing.T) {
	t.Run("there is none", func(t *testing.T) {
		p := sick(t)
		writeConfig(t, p, `cli_auth_credentials_store = "keyring"`)
		if _, codes, code := p.examine(); code != 1 || !strings.HasPrefix(codes["keyring.unusable"], "problem") {
			t.Errorf("exit %d, %v", code, codes)
		}
		writeConfig(t, p, `cli_auth_credentials_store = "auto"`)
		if _, codes, code := p.examine(); code != 0 || !strings.HasPrefix(codes["keyring.unusable_auto"], "note") {
			t.Errorf("exit %d, %v", code, codes)
		}
	})
	t.Run("it hangs", func(t *testing.T) {
		p := sick(t)
		socket := filepath.Join(t.TempDir(), "bus")
		l, err := net.Listen("unix", socket) // and accepts nothing
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = l.Close() }()
		p.env = append(p.env, "DBUS_SESSION_BUS_ADDRESS=unix:path="+socket)
		writeConfig(t, p, `cli_auth_credentials_store = "keyring"`)
		if _, codes, code := p.examine(); code != 1 || !strings.Contains(codes["keyring.unusable"], "no answer in time") {
			t.Errorf("exit %d, %v", code, codes)
		}
	})
	t.Run("it has the entry twice", func(t *testing.T) {
		p, home := inKeyring(t)
		twin(t, home)
		_, codes, code := p.examine()
		if code != 1 || !strings.Contains(codes["keyring.ambiguous"], "cli|") || !strings.HasPrefix(codes["keyring.ambiguous"], "problem") {
			t.Errorf("exit %d, %v", code, codes)
		}
	})
	t.Run("it is locked", func(t *testing.T) {
		p, _ := inKeyring(t)
		conn, err := dbus.Connect(os.Getenv("DBUS_SESSION_BUS_ADDRESS"))
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = conn.Close() }()
		service := conn.Object("org.freedesktop.secrets", "/org/freedesktop/secrets")
		locked := []dbus.ObjectPath{"/org/freedesktop/secrets/collection/login"}
		if err := service.Call("org.freedesktop.Secret.Service.Lock", 0, locked).Err; err != nil {
			t.Fatal(err)
		}
		if _, codes, code := p.examine(); code != 1 || !strings.HasPrefix(codes["keyring.locked"], "problem") {
			t.Errorf("exit %d, %v", code, codes)
		}
	})
}

// twin puts the login's entry into the keyring once more, as another program's
// mistake leaves it.
func twin(t *testing.T, home credstore.Home) {
	t.Helper()
	conn, err := dbus.Connect(os.Getenv("DBUS_SESSION_BUS_ADDRESS"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	var none dbus.Variant
	var session, item, prompt dbus.ObjectPath
	secrets := conn.Object("org.freedesktop.secrets", "/org/freedesktop/secrets")
	if err := secrets.Call("org.freedesktop.Secret.Service.OpenSession", 0, "plain", dbus.MakeVariant("")).Store(&none, &session); err != nil {
		t.Fatal(err)
	}
	service, account, _ := strings.Cut(home.KeyringEntry(), " / ")
	attributes := map[string]string{"application": "rust-keyring", "service": service, "username": account, "target": "default"}
	secret := struct {
		Session           dbus.ObjectPath
		Parameters, Value []byte
		Type              string
	}{session, []byte{}, []byte("{}"), "text/plain"}
	collection := conn.Object("org.freedesktop.secrets", "/org/freedesktop/secrets/collection/login")
	err = collection.Call("org.freedesktop.Secret.Collection.CreateItem", 0, map[string]dbus.Variant{
		"org.freedesktop.Secret.Item.Label": dbus.MakeVariant("twin"), "org.freedesktop.Secret.Item.Attributes": dbus.MakeVariant(attributes),
	}, secret, false).Store(&item, &prompt)
	if err != nil {
		t.Fatal(err)
	}
}

// Somebody who waits for a line has the lock for as long.
func TestDoctorNamesWhoHasTheLock(t *testing.T) {
	if _, err := exec.LookPath("flock"); err != nil {
		missing(t, "flock of util-linux")
	}
	p := sick(t)
	holder := exec.Command("flock", filepath.Join(p.home, "auth.lock"), "sh", "-c", "echo held; read line")
	in, err := holder.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := holder.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := holder.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = in.Close()
		_ = holder.Wait()
	}()
	if _, err := out.Read(make([]byte, 8)); err != nil {
		t.Fatal(err)
	}
	if all, codes, code := p.examine(); code != 0 || all.Warnings != 1 || !strings.Contains(codes["locks.held"], "flock (process ") {
		t.Errorf("exit %d, %v", code, codes)
	}
}

// What it takes, whole process, where nothing hangs.
func BenchmarkDoctor(b *testing.B) {
	p := sick(b)
	for b.Loop() {
		if r := p.run("", "doctor", "--offline"); r.code != 0 {
			b.Fatal(r.out)
		}
	}
}
