//go:build unix && !linux

package pgtest

import "syscall"

// endsWithTests can do nothing here: a server whose tests were killed stays.
func endsWithTests() *syscall.SysProcAttr { return &syscall.SysProcAttr{} }
