//go:build unix

package main

import (
	"os"
	"syscall"
)

// watched are the signals the program acts on.
func watched() []os.Signal { return []os.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} }

func isReload(s os.Signal) bool { return s == syscall.SIGHUP }
