package network

import (
	"net"
	"os"
	"syscall"
	"testing"
)

// Each ending has its word, in the numbers of Windows as in everybody's.
func TestFaultsOfTheSystem(t *testing.T) {
	for number, want := range map[syscall.Errno]Cause{
		syscall.ECONNREFUSED: CauseRefused, 10061: CauseRefused,
		syscall.ECONNRESET: CauseDropped, 10054: CauseDropped, 10053: CauseDropped,
		syscall.ETIMEDOUT: CauseSilent, 10060: CauseSilent,
		syscall.ENETUNREACH: CauseOther, 10065: CauseOther,
	} {
		err := &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", number)}
		if got, _ := offlineCause(err); got != want {
			t.Errorf("%d: %s, want %s", number, got, want)
		}
		if (want == CauseRefused) != Refused(err) || (want == CauseDropped) != Dropped(err) || (want == CauseOther) != Unreachable(err) {
			t.Errorf("%d: %t %t %t", number, Refused(err), Dropped(err), Unreachable(err))
		}
	}
}

// What this system really says of an address where nobody listens.
func TestFaultOfARefusedConnection(t *testing.T) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Close()
	if _, err = net.Dial("tcp4", l.Addr().String()); !Refused(err) {
		t.Error(err)
	}
}
