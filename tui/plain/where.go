package plain

import (
	"codex-login/assets"
	"codex-login/flows"
)

// position is where the program runs, and the way to sign in that fits there.
type position struct {
	where  flows.Where
	method flows.Method // "" where every way is refused
	reason flows.Reason
}

func positionOf(l *flows.Login) position {
	m, why := l.Where.Recommended(l.Choices())
	return position{l.Where, m, why}
}

// asked is a challenge, and what else a person has to know to answer it.
type asked struct {
	*flows.Challenge
	demo   bool          // it can be approved by a key
	tunnel *flows.Tunnel // nil where the browser needs none, or none is known
	beside bool          // another challenge waits as well
	target *flows.Target // the machine that the sign-in is for; nil for this one
}

func (s Session) asked(c *flows.Challenge) asked {
	a := asked{Challenge: c, demo: s.Approve != nil}
	if c.Port != 0 {
		a.tunnel = tunnelTo(s.Login, c.Port)
	}
	return a
}

func tunnelTo(l *flows.Login, port int) *flows.Tunnel {
	if t, ok := l.Where.Tunnel(port); ok {
		return &t
	}
	return nil
}

// tunnel says how the browser of another machine gets here.
func (l *Lines) tunnel(t *flows.Tunnel) {
	if t == nil {
		return
	}
	text := flows.ExplainTunnel(l.Say, *t)
	for _, line := range []string{text.Intro, text.Command, text.Name, text.Escape, text.Hint} {
		if line != "" {
			l.say(line)
		}
	}
}

// where is a position in JSON. Unknown is null.
type where struct {
	OS           *string     `json:"os"`
	Remote       bool        `json:"remote"`
	SSH          *sshSession `json:"ssh"`
	Mosh         bool        `json:"mosh"`
	WSL          *int        `json:"wsl"`
	Container    *string     `json:"container"`
	DevContainer bool        `json:"dev_container"`
	Codespace    *string     `json:"codespace"`
	CI           bool        `json:"ci"`
	Display      bool        `json:"display"`
	Browser      bool        `json:"browser"`
	Recommended  *string     `json:"recommended"`
	Reason       *string     `json:"reason"`
}

type sshSession struct {
	Client *string `json:"client"`
	Server *string `json:"server"`
	Port   *int    `json:"port"`
}

func whereOf(p position) where {
	w := p.where
	out := where{
		OS: known(w.OS), Remote: w.Remote(), Mosh: w.Mosh, Container: known(w.Container), DevContainer: w.DevContainer,
		Codespace: known(w.Codespace), CI: w.CI, Display: w.Display, Browser: w.Browser,
		Recommended: known(string(p.method)), Reason: known(string(p.reason)),
	}
	if w.WSL != 0 {
		out.WSL = &w.WSL
	}
	if s := w.SSH; s != nil {
		out.SSH = &sshSession{}
		if s.Client.IsValid() {
			out.SSH.Client = known(s.Client.String())
		}
		if s.Server.IsValid() {
			out.SSH.Server = known(s.Server.String())
		}
		if s.Port != 0 {
			out.SSH.Port = &s.Port
		}
	}
	return out
}

// tunnel is a way for a browser elsewhere in JSON.
type tunnel struct {
	Kind    string  `json:"kind"`
	Port    int     `json:"port"`
	Command *string `json:"command"`
	Escape  *string `json:"escape"`
	Line    *string `json:"line"`
	Setting *string `json:"setting"`
	Message string  `json:"message"`
}

func tunnelOf(say *assets.Catalogue, t *flows.Tunnel) *tunnel {
	if t == nil {
		return nil
	}
	return &tunnel{string(t.Kind), t.Port, known(t.Command), known(t.Escape), known(t.Line), known(t.Setting), flows.ExplainTunnel(say, *t).Intro}
}
