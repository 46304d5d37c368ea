package api

import (
	"errors"
	"net"
	"os"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// shortListener has no file descriptors for a number of times, and then
// has a connection.
type shortListener struct {
	net.Listener
	short int
}

func (l *shortListener) Accept() (net.Conn, error) {
	if l.short == 0 {
		ours, _ := net.Pipe()
		return ours, nil
	}
	l.short--
	return nil, &net.OpError{Op: "accept", Err: os.NewSyscallError("accept4", syscall.EMFILE)}
}

func (l *shortListener) Close() error { return nil }

func TestAcceptWithoutFiles(t *testing.T) {
	t.Parallel()
	t.Run("waits for some", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			begun := time.Now()
			l := newListener(&shortListener{short: 3})
			if _, err := l.Accept(); err != nil || time.Since(begun) != 3*acceptAgain {
				t.Errorf("%v after %v", err, time.Since(begun))
			}
		})
	})
	t.Run("ends as the listener is closed", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			l := newListener(&shortListener{short: 1 << 30})
			time.AfterFunc(time.Minute, func() { _ = l.Close() })
			if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
				t.Error(err)
			}
		})
	})
}
