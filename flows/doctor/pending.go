package doctor

import (
	"context"

	"codex-login/flows"
	"codex-login/policy"
)

func (p *patient) layers() []policy.LayerReport {
	if r, ok := any(p.login.Rules).(interface{ Layers() []policy.LayerReport }); ok {
		return r.Layers()
	}
	return nil
}

func (p *patient) settings() []policy.Setting {
	if r, ok := any(p.login.Rules).(interface{ Settings() []policy.Setting }); ok {
		return r.Settings()
	}
	return nil
}

func (p *patient) endpoints() []flows.Endpoint {
	if l, ok := any(p.login).(interface{ Endpoints() []flows.Endpoint }); ok {
		return l.Endpoints()
	}
	return nil
}

func (p *patient) tryConnect(ctx context.Context, e flows.Endpoint) flows.Connection {
	if l, ok := any(p.login).(interface {
		Connect(context.Context, flows.Endpoint) flows.Connection
	}); ok {
		return l.Connect(ctx, e)
	}
	return flows.Connection{Stage: flows.StageDone}
}

func (p *patient) roots() (flows.Roots, error) {
	if l, ok := any(p.login).(interface{ Roots() (flows.Roots, error) }); ok {
		return l.Roots()
	}
	return flows.Roots{}, nil
}

func (p *patient) proxyFor(u string) (flows.ProxyChoice, error) {
	if l, ok := any(p.login).(interface {
		ProxyFor(string) (flows.ProxyChoice, error)
	}); ok {
		return l.ProxyFor(u)
	}
	return flows.ProxyChoice{}, nil
}

func (p *patient) unknownProvider() bool { return false }

func (p *patient) instructions() string { return "" }
