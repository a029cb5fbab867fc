package flows

import (
	"context"
	"net"
	"slices"
	"strconv"
)

// CallbackPorts are the ports of this machine to which a browser can bring a
// sign-in back: no other one is accepted.
func (l *Login) CallbackPorts() []int {
	if l.ports != nil {
		return slices.Clone(l.ports)
	}
	return slices.Clone(callbackPorts)
}

// HeldPorts says which of the CallbackPorts cannot be listened on, and who has
// them. It has each of the others itself for a moment.
func (l *Login) HeldPorts(ctx context.Context) []PortHolder {
	var held []PortHolder
	var config net.ListenConfig
	for _, p := range l.CallbackPorts() {
		listener, err := config.Listen(ctx, "tcp4", net.JoinHostPort("127.0.0.1", strconv.Itoa(p)))
		if err != nil {
			held = append(held, holderOf(ctx, p, err))
			continue
		}
		_ = listener.Close()
	}
	return held
}

// NoAddress reports whether it is not the port that is missing, but 127.0.0.1.
func (h PortHolder) NoAddress() bool { return noAddress(h.Err) }

// BySystem reports whether the system keeps the port, and no program.
func (h PortHolder) BySystem() bool { return notPermitted(h.Err) }
