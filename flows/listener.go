package flows

import (
	"context"
	"net"
	"strconv"

	"codex-login/assets/display"

	gopsnet "github.com/shirou/gopsutil/v4/net"
	"github.com/shirou/gopsutil/v4/process"
)

// callbackPorts are the only ones that OpenAI accepts in a redirect URI.
var callbackPorts = []int{1455, 1457}

// listenLoopback listens on the first free port, on 127.0.0.1 and, where the
// machine has it, on [::1], because a browser may try either for "localhost".
// It returns the holders of the ports that it passed over, and a
// *PortBusyError when none is free.
func listenLoopback(ctx context.Context, ports []int) (listeners []net.Listener, port int, passed []PortHolder, err error) {
	var config net.ListenConfig
	for _, p := range ports {
		v4, err := config.Listen(ctx, "tcp4", net.JoinHostPort("127.0.0.1", strconv.Itoa(p)))
		if err != nil {
			passed = append(passed, holderOf(ctx, p, err))
			continue
		}
		if bound, ok := v4.Addr().(*net.TCPAddr); ok {
			p = bound.Port
		}
		listeners = []net.Listener{v4}
		if v6, err := config.Listen(ctx, "tcp6", net.JoinHostPort("::1", strconv.Itoa(p))); err == nil {
			listeners = append(listeners, v6)
		}
		return listeners, p, passed, nil
	}
	return nil, 0, passed, &PortBusyError{Ports: passed}
}

// holderOf names the program that listens on a port, as far as this user may
// know it. Nobody does where the system itself forbids the port.
func holderOf(ctx context.Context, port int, why error) PortHolder {
	holder := PortHolder{Port: port, Err: why}
	if notPermitted(why) || noAddress(why) {
		return holder
	}
	all, err := gopsnet.ConnectionsWithContext(ctx, "tcp")
	if err != nil {
		return holder
	}
	for _, c := range all {
		if c.Status != "LISTEN" || c.Laddr.Port != uint32(port) || c.Pid <= 0 {
			continue
		}
		holder.PID = int(c.Pid)
		if p, err := process.NewProcessWithContext(ctx, c.Pid); err == nil {
			if name, err := p.NameWithContext(ctx); err == nil {
				holder.Program = display.Line(name, 60)
			}
		}
		break
	}
	return holder
}
