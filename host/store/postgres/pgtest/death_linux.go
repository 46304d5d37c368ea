package pgtest

import "syscall"

// endsWithTests lets the kernel end a server whose tests were killed, by a
// timeout perhaps. PostgreSQL takes SIGQUIT as an immediate shutdown.
func endsWithTests() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGQUIT}
}
