//go:build unix

package host

import "syscall"

const errAddrInUse = syscall.EADDRINUSE
