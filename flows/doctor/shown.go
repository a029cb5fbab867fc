package doctor

import (
	"errors"
	"io/fs"
	"net"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"codex-login/assets"
	"codex-login/assets/display"
	"codex-login/credstore"
	"codex-login/flows/network"
	"codex-login/policy"
)

// shown is a value that may stand in a finding. Only the functions of this file
// make one (shown_test.go looks), each of a kind that is no secret, and each
// through clean.
type shown struct {
	text string
	id   string // of the catalogue, in place of a text
}

// with are the values of a finding by their names in its texts.
type with map[string]shown

func (w with) pairs(say *assets.Catalogue) []any {
	out := make([]any, 0, 2*len(w))
	for name, v := range w {
		text := v.text
		if v.id != "" {
			if text = say.Say(v.id); text == v.id { // a word that another room has and this one not yet
				text = say.Say("doctor.word.unknown")
			}
		}
		out = append(out, name, text)
	}
	return out
}

// mostShown is how long a value can be.
const mostShown = 240

// secretLike are keys, tokens and credentials in an address, should one stand
// where a path or a name was expected: a person mixes up variables too.
var secretLike = regexp.MustCompile(`(sk-|at-|rt-|pat-)[A-Za-z0-9_\-]{8,}|eyJ[A-Za-z0-9_\-.]{8,}|//[^/\s@]*@`)

// clean is what every value goes through: nothing that a terminal obeys,
// nothing that looks like a secret, no more than a line or two.
func clean(text string) shown {
	text = secretLike.ReplaceAllString(display.Clean(text), "[redacted]")
	return shown{text: display.Cut(text, mostShown)}
}

// path is a file or folder, the person's own written with ~.
func (p *patient) path(path string) shown {
	home := p.getenv("HOME")
	if home == "" {
		home = p.getenv("USERPROFILE")
	}
	if rest, ok := strings.CutPrefix(path, strings.TrimSuffix(home, string(filepath.Separator))); ok && home != "" && home != "/" {
		if rest == "" || rest[0] == filepath.Separator {
			path = "~" + rest
		}
	}
	return clean(path)
}

// place is where a setting stands, with its line.
func (p *patient) place(s policy.Source) shown {
	if s.File == "" {
		return clean(s.String())
	}
	out := p.path(s.File)
	if s.Line > 0 {
		out.text += ":" + strconv.Itoa(s.Line)
	}
	return out
}

// position is place with the column.
func (p *patient) position(e *policy.ConfigError) shown {
	out := p.place(e.Source())
	if e.Line > 0 && e.Column > 0 {
		out.text += ":" + strconv.Itoa(e.Column)
	}
	return out
}

// host is that of an address, or "host:port" as it is; never the rest of a URL.
func host(address string) shown {
	if u, err := url.Parse(address); err == nil && u.Host != "" {
		address = u.Host
	} else if strings.ContainsAny(address, "@/?# ") {
		return shown{id: "doctor.word.unreadable_address"}
	}
	return clean(address)
}

// hostname is the host of an address without its port: what NO_PROXY takes.
func hostname(address string) shown {
	if u, err := url.Parse(address); err == nil && u.Host != "" {
		return clean(u.Hostname())
	}
	if u, err := url.Parse("//" + address); err == nil {
		return clean(u.Hostname())
	}
	return host(address)
}

// list are names, each once, in alphabetical order.
func list(texts []string) shown {
	texts = slices.Clone(texts)
	slices.Sort(texts)
	return clean(strings.Join(slices.Compact(texts), ", "))
}

// yes is a word where something is so, and nothing otherwise: for conditions in
// texts.
func yes(so bool) shown {
	if so {
		return shown{text: "yes"}
	}
	return shown{}
}

// title is the name of a check.
func title(check string) shown { return shown{id: "doctor.check." + check} }

func count(n int) shown { return shown{text: strconv.Itoa(n)} }

// mode is the permissions of a file as chmod takes them.
func mode(m fs.FileMode) shown { return shown{text: "0" + strconv.FormatUint(uint64(m.Perm()), 8)} }

func moment(t time.Time) shown {
	if t.IsZero() {
		return shown{id: "doctor.word.unknown"}
	}
	return shown{text: t.UTC().Format("2006-01-02 15:04 UTC")}
}

// span is a length of time, at most two units of it.
func span(d time.Duration) shown {
	d = d.Abs()
	switch {
	case d >= 48*time.Hour:
		return shown{text: strconv.Itoa(int(d.Hours()/24)) + " d"}
	case d >= time.Hour:
		return shown{text: strconv.Itoa(int(d.Hours())) + " h " + strconv.Itoa(int(d.Minutes())%60) + " min"}
	case d >= time.Minute:
		return shown{text: strconv.Itoa(int(d.Minutes())) + " min"}
	case d >= time.Second:
		return shown{text: strconv.Itoa(int(d.Seconds())) + " s"}
	}
	return shown{text: strconv.Itoa(int(d.Milliseconds())) + " ms"}
}

var nameLike = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,79}$`)

// variable is the name of an environment variable.
func variable(name string) shown {
	if !nameLike.MatchString(name) {
		return shown{id: "doctor.word.unreadable_name"}
	}
	return clean(name)
}

// name is what a person or an admin has called something: a provider, a rule, a
// client, a program, a version, a certificate. Never a value of a setting that
// can hold a credential.
func name(text string) shown { return clean(text) }

// word is one of ours, out of the catalogue.
func word(id string) shown { return shown{id: "doctor.word." + id} }

// wordOf is one of ours for a word of another room: the ids begin with stem.
func wordOf[T ~string](stem string, w T) shown {
	return shown{id: stem + strings.ReplaceAll(string(w), "-", "_")}
}

// detail is what this program itself says of a damaged document or setting:
// those texts never hold a value out of it.
func detail(err error) shown {
	var store *credstore.Error
	var config *policy.ConfigError
	switch {
	case errors.As(err, &store) && store.Detail != "":
		return clean(store.Detail)
	case errors.As(err, &config) && config.Key != "":
		return clean(config.Key + " " + config.Problem)
	case errors.As(err, &config):
		return clean(config.Problem)
	}
	return cause(err)
}

// cause says why something failed in words of the catalogue, whatever the
// error's own text is.
func cause(err error) shown {
	var store *credstore.Error
	var unreachable *network.Error
	var dns *net.DNSError
	var late net.Error
	switch {
	case err == nil:
		return word("unknown")
	case errors.As(err, &store) && store.Problem != credstore.ProblemIO:
		return wordOf("doctor.word.store_", store.Problem)
	case errors.As(err, &unreachable):
		return wordOf("doctor.word.network_", unreachable.Cause)
	case errors.As(err, &dns) && dns.IsNotFound:
		return word("no_such_host")
	case errors.Is(err, errOtherwise), errors.Is(err, credstore.ErrChanged):
		return word("changed")
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, credstore.ErrNotFound):
		return word("not_there")
	case errors.Is(err, fs.ErrPermission):
		return word("not_permitted")
	case network.Refused(err):
		return word("refused")
	case network.Unreachable(err):
		return word("unreachable")
	case network.Dropped(err):
		return word("reset")
	case errors.As(err, &late) && late.Timeout():
		return word("no_answer")
	case errors.Is(err, syscall.EISDIR):
		return word("folder")
	case errors.Is(err, syscall.ENOTDIR):
		return word("no_folder")
	case errors.Is(err, syscall.ELOOP):
		return word("loop")
	case errors.Is(err, syscall.EROFS):
		return word("read_only_disk")
	case errors.Is(err, syscall.ENOSPC):
		return word("store_full")
	case store != nil && store.Detail != "":
		return clean(store.Detail)
	case store != nil:
		return word("store_io")
	}
	return word("unknown")
}
