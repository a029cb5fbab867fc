package network

import (
	"errors"
	"net/url"
	"strings"
	"testing"
)

// proxyCase is an environment and where a request goes: "A" or "B", the proxies
// of those names, "direct", or "error", where the variable cannot be used. {A}
// and {B} in the values stand for host and port of a proxy.
type proxyCase struct {
	env      map[string]string
	target   string
	goes     string
	variable string
	codex    string // where the real Codex goes, if not there
}

// The targets. NAME is known in the hosts file only.
const (
	httpTarget  = "http://10.9.9.9:PORT"
	httpsTarget = "https://10.9.9.9:PORT"
	nameTarget  = "http://issuer.example.test:PORT"
)

func set(pairs ...string) map[string]string {
	out := map[string]string{}
	for i := 0; i+1 < len(pairs); i += 2 {
		out[pairs[i]] = pairs[i+1]
	}
	return out
}

func noProxy(list string) map[string]string { return set("HTTP_PROXY", "http://{A}", "NO_PROXY", list) }

var proxyCases = map[string]proxyCase{
	"none":                      {set(), httpTarget, "direct", "", ""},
	"upper case first, http":    {set("HTTP_PROXY", "http://{A}", "http_proxy", "http://{B}"), httpTarget, "A", "HTTP_PROXY", ""},
	"upper case first, https":   {set("HTTPS_PROXY", "http://{A}", "https_proxy", "http://{B}"), httpsTarget, "A", "HTTPS_PROXY", ""},
	"lower case, https":         {set("https_proxy", "http://{B}"), httpsTarget, "B", "https_proxy", ""},
	"upper case first, all":     {set("ALL_PROXY", "http://{A}", "all_proxy", "http://{B}"), httpsTarget, "A", "ALL_PROXY", ""},
	"all for http":              {set("all_proxy", "http://{B}"), httpTarget, "B", "all_proxy", ""},
	"https before all":          {set("ALL_PROXY", "http://{A}", "https_proxy", "http://{B}"), httpsTarget, "B", "https_proxy", ""},
	"http before all":           {set("ALL_PROXY", "http://{A}", "HTTP_PROXY", "http://{B}"), httpTarget, "B", "HTTP_PROXY", ""},
	"http is not for https":     {set("HTTP_PROXY", "http://{A}"), httpsTarget, "direct", "", ""},
	"https is not for http":     {set("HTTPS_PROXY", "http://{A}"), httpTarget, "direct", "", ""},
	"empty, then all":           {set("HTTPS_PROXY", "", "ALL_PROXY", "http://{A}"), httpsTarget, "A", "ALL_PROXY", ""},
	"empty, then lower case":    {set("HTTPS_PROXY", "", "https_proxy", "http://{A}"), httpsTarget, "A", "https_proxy", "direct"},
	"CGI":                       {set("HTTP_PROXY", "http://{A}", "REQUEST_METHOD", "GET"), httpTarget, "direct", "", ""},
	"CGI, https":                {set("HTTPS_PROXY", "http://{A}", "REQUEST_METHOD", "GET"), httpsTarget, "direct", "", ""},
	"no scheme":                 {set("HTTPS_PROXY", "{A}"), httpsTarget, "A", "HTTPS_PROXY", ""},
	"large scheme":              {set("HTTPS_PROXY", "HTTP://{A}"), httpsTarget, "A", "HTTPS_PROXY", ""},
	"path":                      {set("HTTPS_PROXY", "http://{A}/proxy.pac"), httpsTarget, "A", "HTTPS_PROXY", ""},
	"no scheme, slash":          {set("HTTPS_PROXY", "{A}/"), httpsTarget, "A", "HTTPS_PROXY", "direct"},
	"user":                      {set("HTTPS_PROXY", "http://user:hunter2@{A}"), httpsTarget, "A", "HTTPS_PROXY", ""},
	"user without scheme":       {set("HTTPS_PROXY", "user:hunter2@{A}"), httpsTarget, "A", "HTTPS_PROXY", ""},
	"@ in user":                 {set("HTTPS_PROXY", "http://me@corp:hunter2@{A}"), httpsTarget, "A", "HTTPS_PROXY", ""},
	"% in user":                 {set("HTTPS_PROXY", "http://me:hunter2%zz@{A}"), httpsTarget, "A", "HTTPS_PROXY", ""},
	"# in password":             {set("HTTPS_PROXY", "http://me:hunter2#x@{A}"), httpsTarget, "error", "HTTPS_PROXY", "nowhere"},
	"/ in password":             {set("HTTPS_PROXY", "http://me:hunter2/x@{A}"), httpsTarget, "error", "HTTPS_PROXY", "nowhere"},
	"to itself secured":         {set("HTTPS_PROXY", "https://{A}"), httpsTarget, "A", "HTTPS_PROXY", ""},
	"socks5":                    {set("ALL_PROXY", "socks5://{A}"), httpsTarget, "A", "ALL_PROXY", ""},
	"socks5h":                   {set("ALL_PROXY", "socks5h://{A}"), httpTarget, "A", "ALL_PROXY", ""},
	"socks4":                    {set("ALL_PROXY", "socks4://{A}"), httpTarget, "error", "ALL_PROXY", "A"},
	"socks":                     {set("ALL_PROXY", "socks://{A}"), httpTarget, "error", "ALL_PROXY", "direct"},
	"ftp":                       {set("ALL_PROXY", "ftp://{A}"), httpTarget, "error", "ALL_PROXY", "direct"},
	"not a URL":                 {set("HTTPS_PROXY", "://{A}"), httpsTarget, "error", "HTTPS_PROXY", "direct"},
	"no host":                   {set("HTTPS_PROXY", "http://"), httpsTarget, "error", "HTTPS_PROXY", "direct"},
	"colons":                    {set("HTTPS_PROXY", "http://{A}:80"), httpsTarget, "error", "HTTPS_PROXY", "direct"},
	"blank":                     {set("HTTPS_PROXY", " "), httpsTarget, "error", "HTTPS_PROXY", "direct"},
	"spaces around":             {set("HTTPS_PROXY", " http://{A} "), httpsTarget, "error", "HTTPS_PROXY", "direct"},
	"unusable, then all":        {set("HTTPS_PROXY", "ftp://{A}", "ALL_PROXY", "http://{B}"), httpsTarget, "error", "HTTPS_PROXY", "B"},
	"unusable, but exempt":      {set("HTTPS_PROXY", "ftp://{A}", "NO_PROXY", "10.9.9.9"), httpsTarget, "direct", "NO_PROXY", ""},
	"this machine":              {set("HTTP_PROXY", "http://{A}"), "http://127.0.0.1:PORT", "direct", "", "A"},
	"this machine's name":       {set("HTTP_PROXY", "http://{A}"), "http://localhost:PORT", "direct", "", "A"},
	"name":                      {set("HTTP_PROXY", "http://{A}"), nameTarget, "A", "HTTP_PROXY", ""},
	"exempt address":            {noProxy("10.9.9.9"), httpTarget, "direct", "NO_PROXY", ""},
	"exempt, lower case":        {set("HTTP_PROXY", "http://{A}", "no_proxy", "10.9.9.9"), httpTarget, "direct", "no_proxy", ""},
	"exempt, upper case first":  {set("HTTP_PROXY", "http://{A}", "NO_PROXY", "x", "no_proxy", "10.9.9.9"), httpTarget, "A", "HTTP_PROXY", ""},
	"exempt network":            {noProxy("10.0.0.0/8"), httpTarget, "direct", "NO_PROXY", ""},
	"exempt network, host bits": {noProxy("10.1.2.3/8"), httpTarget, "direct", "NO_PROXY", ""},
	"no such network":           {noProxy("10.0.0.0/33"), httpTarget, "A", "HTTP_PROXY", ""},
	"star for an address":       {noProxy("*"), httpTarget, "A", "HTTP_PROXY", ""},
	"star for a name":           {noProxy("x, *"), nameTarget, "direct", "NO_PROXY", ""},
	"exempt with port":          {noProxy("10.9.9.9:PORT"), httpTarget, "A", "HTTP_PROXY", ""},
	"beginning of an address":   {noProxy("10.9."), httpTarget, "A", "HTTP_PROXY", ""},
	"exempt name":               {noProxy("issuer.example.test"), nameTarget, "direct", "NO_PROXY", ""},
	"exempt domain":             {noProxy("example.test"), nameTarget, "direct", "NO_PROXY", ""},
	"exempt domain, dot":        {noProxy(".example.test"), nameTarget, "direct", "NO_PROXY", ""},
	"exempt name, dot":          {noProxy(".issuer.example.test"), nameTarget, "direct", "NO_PROXY", ""},
	"exempt domain, star":       {noProxy("*.example.test"), nameTarget, "A", "HTTP_PROXY", ""},
	"end of a word":             {noProxy("ample.test"), nameTarget, "A", "HTTP_PROXY", ""},
	"large letters":             {noProxy("EXAMPLE.test"), nameTarget, "direct", "NO_PROXY", ""},
	"exempt name with port":     {noProxy("issuer.example.test:PORT"), nameTarget, "A", "HTTP_PROXY", ""},
	"dot at the end":            {noProxy("issuer.example.test."), nameTarget, "A", "HTTP_PROXY", ""},
	"two dots":                  {noProxy("..example.test"), nameTarget, "A", "HTTP_PROXY", ""},
	"a dot":                     {noProxy("."), nameTarget, "A", "HTTP_PROXY", ""},
	"list with spaces":          {noProxy(" a ,  issuer.example.test , b"), nameTarget, "direct", "NO_PROXY", ""},
	"spaces instead of commas":  {noProxy("a issuer.example.test b"), nameTarget, "A", "HTTP_PROXY", ""},
	"a URL":                     {noProxy("http://issuer.example.test"), nameTarget, "A", "HTTP_PROXY", ""},
}

func TestProxyChoice(t *testing.T) {
	put := strings.NewReplacer("{A}", "127.0.0.1:8001", "{B}", "127.0.0.1:8002", "PORT", "9000")
	for name, test := range proxyCases {
		env := map[string]string{}
		for variable, value := range test.env {
			env[variable] = put.Replace(value)
		}
		choice, err := NewClient(environment(env)).ProxyFor(put.Replace(test.target))
		goes := "direct"
		switch {
		case err != nil:
			goes = "error"
		case strings.HasSuffix(choice.Address, "127.0.0.1:8001"):
			goes = "A"
		case strings.HasSuffix(choice.Address, "127.0.0.1:8002"):
			goes = "B"
		}
		if goes != test.goes || choice.Variable != test.variable || choice.Exempt != (test.variable == "NO_PROXY" || test.variable == "no_proxy") {
			t.Errorf("%s: %s, %+v, %v", name, goes, choice, err)
		}
		if strings.Contains(choice.Address, "hunter2") || err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: a password is shown", name)
		}
	}
}

// Each mistake has its own name, the port that nobody gave is found, and no
// password gets anywhere.
func TestProxyAddresses(t *testing.T) {
	const secret = "hunter2"
	for value, want := range map[string]string{
		"http://proxy.test":                      "http://proxy.test:80",
		"proxy.test":                             "http://proxy.test:80",
		"https://proxy.test":                     "https://proxy.test:443",
		"socks5://proxy.test":                    "socks5://proxy.test:1080",
		"socks5h://u:" + secret + "@[fd00::1]":   "socks5h://[fd00::1]:1080",
		"http://[fd00::1]:3128":                  "http://[fd00::1]:3128",
		"http://u:" + secret + "@proxy.test:3/x": "http://proxy.test:3",
		"http://proxy.test:":                     "port",
		"http://proxy.test:0":                    "port",
		"http://proxy.test:99999":                "port",
		"http://proxy.test:80x":                  "port",
		"http://u:" + secret + "@proxy.test:1:2": "colons",
		"http://fd00::1:3128":                    "colons",
		"http://[x]:1":                           "host",
		"http://:8080":                           "host",
		"socks://" + secret + "@proxy.test":      "socks",
		"socks4a://proxy.test":                   "socks4",
		"ftp://u:" + secret + "@proxy.test":      "scheme",
		"//proxy.test":                           "not_a_url",
		secret + "$://proxy.test":                "not_a_url",
		"http://u:a/" + secret + "@proxy.test":   "user",
		"http://u: " + secret + "@proxy.test":    "spaces",
		"http://proxy.test\n":                    "spaces",
	} {
		u, err := parseProxy("HTTPS_PROXY", value)
		got := ""
		var variable *ProxyVariableError
		if errors.As(err, &variable) {
			got = string(variable.Problem)
			if strings.Contains(err.Error()+variable.Scheme, secret) {
				t.Errorf("%q is repeated", value)
			}
		} else {
			got = u.Scheme + "://" + u.Host
			if strings.Contains(value, secret) {
				if p, _ := u.User.Password(); p != secret {
					t.Errorf("%q: the password is %q", value, p)
				}
			}
		}
		if got != want {
			t.Errorf("%q: %s", value, got)
		}
	}
}

func FuzzProxy(f *testing.F) {
	for _, c := range proxyCases {
		for _, v := range c.env {
			f.Add(v, v)
		}
	}
	target := &url.URL{Scheme: "https", Host: "issuer.example.test"}
	f.Fuzz(func(t *testing.T, value, list string) {
		u, choice, err := proxyFor(environment(map[string]string{"HTTPS_PROXY": value, "NO_PROXY": list}), target)
		if err != nil || u == nil {
			return
		}
		// What is shown is an address alone, and can be read again.
		shown, err := url.Parse(choice.Address)
		if err != nil || shown.User != nil || shown.Path != "" || shown.Port() == "" || shown.Host != u.Host {
			t.Fatalf("%q is shown as %q (%v)", value, choice.Address, err)
		}
	})
}
