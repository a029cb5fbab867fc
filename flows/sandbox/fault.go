package sandbox

import (
	"bytes"
	"fmt"
	"net/http"
	"strconv"
)

// Fault is an answer that an endpoint gives instead of its own. Without First
// it stays until the behaviour is changed.
type Fault struct {
	answer http.HandlerFunc
	times  int // 0: always
}

// First limits the fault to the next n requests.
func (f Fault) First(n int) Fault {
	f.times = n
	return f
}

// Respond answers with the handler.
func Respond(h http.HandlerFunc) Fault { return Fault{answer: h} }

// Status answers with a status and a plain body, which may be empty.
func Status(code int, body string) Fault {
	return Respond(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.WriteHeader(code)
		_, _ = w.Write([]byte(body))
	})
}

// TooMany answers 429; retryAfter is the header's value, none when empty.
func TooMany(retryAfter string) Fault {
	return Respond(func(w http.ResponseWriter, _ *http.Request) {
		if retryAfter != "" {
			w.Header().Set("Retry-After", retryAfter)
		}
		writeError(w, http.StatusTooManyRequests, "rate_limit_exceeded", "Too many requests in the sandbox.")
	})
}

// OAuthError answers in the shape of RFC 6749 §5.2.
func OAuthError(status int, code, description string) Fault {
	return Respond(func(w http.ResponseWriter, _ *http.Request) {
		answer := map[string]any{"error": code}
		if description != "" {
			answer["error_description"] = description
		}
		writeJSON(w, status, answer)
	})
}

// OpenAIError answers in OpenAI's own shape, an object under "error".
func OpenAIError(status int, code, message string) Fault {
	return Respond(func(w http.ResponseWriter, _ *http.Request) { writeError(w, status, code, message) })
}

// FlatError answers with the code at the top level.
func FlatError(status int, code, message string) Fault {
	return Respond(func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, status, map[string]any{"code": code, "message": message})
	})
}

// SlowDown answers a poll as RFC 8628 §3.5 does to one that came too soon.
func SlowDown() Fault { return OAuthError(http.StatusBadRequest, "slow_down", "") }

// Hang never answers; it ends when the client goes or the server closes.
func Hang() Fault {
	return Respond(func(_ http.ResponseWriter, r *http.Request) {
		<-r.Context().Done()
		panic(http.ErrAbortHandler) // returning would be an empty 200
	})
}

// Drop closes the connection without an answer.
func Drop() Fault {
	return Respond(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
}

// Cut closes the connection in the middle of the body.
func Cut() Fault {
	return Respond(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", "4096")
		_, _ = w.Write([]byte(`{"access_token":"ey`))
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	})
}

// Garbage answers 200 with what is no JSON and holds terminal escapes.
func Garbage() Fault {
	return Status(http.StatusOK, "\x00\xff\xfe{\x1b]0;owned\x07\x1b[2J<html>\r\n")
}

// Empty answers 200 with nothing.
func Empty() Fault {
	return Respond(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
}

// Endless streams one JSON string of n bytes. Request.Sent tells how many of
// them were written before the client had enough.
func Endless(n int64) Fault {
	return Respond(func(w http.ResponseWriter, _ *http.Request) {
		const head, tail = `{"user_code":"`, `"}`
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", strconv.FormatInt(n, 10))
		if _, err := fmt.Fprint(w, head); err != nil {
			return
		}
		chunk := bytes.Repeat([]byte("A"), 64<<10)
		for left := n - int64(len(head)+len(tail)); left > 0; left -= int64(len(chunk)) {
			chunk = chunk[:min(int64(len(chunk)), left)]
			if _, err := w.Write(chunk); err != nil {
				return
			}
		}
		_, _ = fmt.Fprint(w, tail)
	})
}
