package main

import (
	"os"
	"syscall"
)

// watched are the signals the program acts on. Windows has none to reload: use
// POST /api/v1/reload.
func watched() []os.Signal { return []os.Signal{os.Interrupt, syscall.SIGTERM} }

func isReload(os.Signal) bool { return false }
