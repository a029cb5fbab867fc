package network

import (
	"errors"
	"slices"
	"syscall"
)

// What the system says of a connection that ended. Windows says it in Winsock's
// numbers, which package syscall's names fit nowhere: its ECONNREFUSED is one
// that no call on Windows returns. No other system has numbers that high.
var (
	refused     = []syscall.Errno{syscall.ECONNREFUSED, 10061}
	dropped     = []syscall.Errno{syscall.ECONNRESET, syscall.EPIPE, syscall.ECONNABORTED, 10052, 10053, 10054, 10058}
	unreachable = []syscall.Errno{syscall.ENETUNREACH, syscall.EHOSTUNREACH, 10050, 10051, 10065}
	timedOut    = []syscall.Errno{syscall.ETIMEDOUT, 10060}
)

func among(err error, numbers []syscall.Errno) bool {
	var number syscall.Errno
	return errors.As(err, &number) && slices.Contains(numbers, number)
}

// Refused reports whether nobody listens at the address.
func Refused(err error) bool { return among(err, refused) }

// Dropped reports whether the other side, or something on the way, ended a
// connection that was there.
func Dropped(err error) bool { return among(err, dropped) }

// Unreachable reports whether no way leads to the address.
func Unreachable(err error) bool { return among(err, unreachable) }
