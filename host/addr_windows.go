package host

import "golang.org/x/sys/windows"

// syscall.EADDRINUSE is a number of Go's own on Windows, which no socket returns.
const errAddrInUse = windows.WSAEADDRINUSE
