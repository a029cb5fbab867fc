package sandbox

import (
	"context"
	"fmt"
	"strings"
)

// Approve does what a person does with an authorize URL: opens it, signs in,
// chooses the workspace, agrees, and follows the redirect to the callback that
// is waiting on this machine. It returns the last page, the callback's.
func (s *Server) Approve(ctx context.Context, authorizeURL string, seat Seat) (*Page, error) {
	return s.answer(ctx, authorizeURL, seat, "allow", false)
}

// Redirect does the same with a browser on another machine, where nobody waits
// at the callback: it returns the address at which that browser ends.
func (s *Server) Redirect(ctx context.Context, authorizeURL string, seat Seat) (string, error) {
	p, err := s.answer(ctx, authorizeURL, seat, "allow", true)
	if err != nil {
		return "", err
	}
	if p.leadsTo == "" {
		return "", fmt.Errorf("sandbox: the page %q leads nowhere", p.Name)
	}
	return p.leadsTo, nil
}

// Deny opens an authorize URL, signs in, and declines.
func (s *Server) Deny(ctx context.Context, authorizeURL string, seat Seat) (*Page, error) {
	return s.answer(ctx, authorizeURL, seat, "deny", false)
}

func (s *Server) answer(ctx context.Context, authorizeURL string, seat Seat, decision string, stay bool) (*Page, error) {
	if !strings.HasPrefix(authorizeURL, s.url+"/oauth/authorize?") {
		return nil, fmt.Errorf("sandbox: this is no sign-in link of %s", s.url)
	}
	p, err := s.walk(ctx, authorizeURL, answers{
		"person": seat.Person, "workspace": seat.Workspace, "decision": decision,
	}, stay)
	if err == nil && p.Name == "error" {
		err = fmt.Errorf("sandbox: %s", p.Title)
	}
	return p, err
}

// ApproveDevice does what a person does with a device code: opens the device
// page, signs in, types the code, chooses the workspace and agrees.
func (s *Server) ApproveDevice(ctx context.Context, userCode string, seat Seat) error {
	return s.decide(ctx, userCode, seat, "allow", "device-done")
}

// DenyDevice types the code as Mina and declines.
func (s *Server) DenyDevice(ctx context.Context, userCode string) error {
	first := s.people[0]
	return s.decide(ctx, userCode, Seat{first.Email, first.Workspaces[0].ID}, "deny", "device-denied")
}

func (s *Server) decide(ctx context.Context, userCode string, seat Seat, decision, want string) error {
	p, err := s.walk(ctx, s.url+"/codex/device", answers{
		"person": seat.Person, "user_code": userCode, "workspace": seat.Workspace, "decision": decision,
	}, false)
	if err != nil {
		return err
	}
	if p.Name != want {
		return fmt.Errorf("sandbox: the device page ended with %q", p.Title)
	}
	return nil
}
