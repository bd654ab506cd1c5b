// Package listening opens the socket that the server takes its connections from.
package listening

import (
	"context"
	"errors"
	"net"
	"strconv"
	"syscall"

	"unrig.test/application/settings"
)

// Open listens where it is told to, with the backlog that it is told. Errors: those of the kernel.
func Open(told settings.Settings) (net.Listener, error) {
	var config net.ListenConfig
	// Go listens for Multipath TCP as well unless it is told not to. No other stack does.
	config.SetMultipathTCP(false)
	at := net.JoinHostPort(told.Host, strconv.Itoa(int(told.Port)))
	listener, err := config.Listen(context.Background(), "tcp", at)
	if err != nil {
		return nil, err
	}
	return listener, limit(listener.(*net.TCPListener), told.Backlog)
}

// limit listens once more on the same socket, for which Linux takes the new backlog: Go gives it
// the longest that the kernel allows, and lets nobody choose.
func limit(listener *net.TCPListener, backlog int) error {
	raw, err := listener.SyscallConn()
	if err != nil {
		return err
	}
	var refused error
	err = raw.Control(func(socket uintptr) { refused = syscall.Listen(int(socket), backlog) })
	return errors.Join(err, refused)
}
