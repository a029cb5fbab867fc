package network

import (
	"cmp"
	"net"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// visitors notes who was asked.
type visitors struct {
	mu  sync.Mutex
	who []string
}

func (v *visitors) take() string {
	v.mu.Lock()
	defer v.mu.Unlock()
	defer func() { v.who = nil }()
	if len(v.who) == 0 {
		return "nowhere"
	}
	return v.who[0]
}

// listen answers everything with 503 and notes the name.
func (v *visitors) listen(t *testing.T, name, address string) string {
	t.Helper()
	return acceptEach(t, address, func(c net.Conn) {
		v.mu.Lock()
		v.who = append(v.who, name)
		v.mu.Unlock()
		_ = c.SetDeadline(time.Now().Add(5 * time.Second))
		_, _ = c.Read(make([]byte, 4096))
		_, _ = c.Write([]byte("HTTP/1.1 503 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"))
	})
}

// The real Codex goes where TestProxyChoice says, and where it goes elsewhere,
// that is one of the differences that the README names.
func TestProxyChoiceIsCodexs(t *testing.T) {
	bin := codexBin(t)
	needOutside(t)
	v := &visitors{}
	a, b := v.listen(t, "A", "127.0.0.1:0"), v.listen(t, "B", "127.0.0.1:0")
	direct := v.listen(t, "direct", outside.String()+":0")
	_, port, _ := net.SplitHostPort(direct)
	v.listen(t, "direct", "127.0.0.1:"+port)
	put := strings.NewReplacer("{A}", a, "{B}", b, "PORT", port)
	hosts, err := os.ReadFile("/etc/hosts")
	if err != nil {
		t.Fatal(err)
	}
	known := written(t, string(hosts)+"\n"+outside.String()+" issuer.example.test\n127.0.0.1 me\n")
	runtime.LockOSThread() // and never unlocked: the thread, with its hosts file, ends with the test
	for _, err := range []error{
		unix.Unshare(unix.CLONE_NEWNS | unix.CLONE_FS),
		unix.Mount("", "/", "", unix.MS_PRIVATE|unix.MS_REC, ""),
		unix.Mount(known, "/etc/hosts", "", unix.MS_BIND, ""),
	} {
		if err != nil {
			missing(t, "a mount namespace: "+err.Error())
		}
	}
	for _, name := range keysOf(proxyCases) {
		test := proxyCases[name]
		env := map[string]string{}
		for variable, value := range test.env {
			env[variable] = put.Replace(value)
		}
		v.take()
		_, said := codexSays(t, bin, put.Replace(test.target), env)
		want := cmp.Or(test.codex, test.goes)
		if got := v.take(); got != want {
			t.Errorf("%s: the real codex goes %s, not %s: %s", name, got, want, said)
		}
	}
}
