package flows

import (
	"net"
	"net/http"
	"net/url"
	"strings"
)

// proxyFrom is http.ProxyFromEnvironment, which goes straight to the server
// when it cannot read a variable. Whoever set one must not be passed by.
func proxyFrom(getenv func(string) string) func(*http.Request) (*url.URL, error) {
	return func(r *http.Request) (*url.URL, error) {
		if variable := unreadableProxy(getenv, r.URL); variable != "" {
			return nil, &ProxyVariableError{Variable: variable}
		}
		return http.ProxyFromEnvironment(r)
	}
}

// unreadableProxy names the variable that decides about target and holds no
// address; empty when there is nothing wrong. This machine itself is never
// asked for through a proxy.
func unreadableProxy(getenv func(string) string, target *url.URL) string {
	names := []string{"HTTPS_PROXY", "https_proxy"}
	if target.Scheme == "http" {
		names = []string{"HTTP_PROXY", "http_proxy"}
	}
	host := target.Hostname()
	if ip := net.ParseIP(host); host == "localhost" || ip.IsLoopback() {
		return ""
	}
	for _, name := range names {
		value := getenv(name)
		if value == "" {
			continue
		}
		if !isProxyAddress(value) {
			return name
		}
		return ""
	}
	return ""
}

// isProxyAddress takes what net/http takes: a URL of a kind that it speaks, or
// host and port without a scheme.
func isProxyAddress(value string) bool {
	if !strings.Contains(value, "://") {
		value = "http://" + value
	}
	u, err := url.Parse(value)
	if err != nil || u.Hostname() == "" || strings.ContainsAny(u.Host, " \t") {
		return false
	}
	if strings.Count(u.Host, ":") > 1 && !strings.HasPrefix(u.Host, "[") {
		return false // two ports
	}
	switch u.Scheme {
	case "http", "https", "socks5", "socks5h":
		return true
	}
	return false
}
