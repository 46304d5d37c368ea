// Command butlerd is a plugin-based automation host: it runs schedules declared
// in HCL files and over a REST API, and dispatches each firing to a plugin.
//
// This package is the command line only: it reads flags, prints, and hands the
// work to package host. One file per command.
package main

import (
	"context"
	"os"
	"os/signal"
)

func main() {
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, watched()...)
	p := &program{
		env:     os.LookupEnv,
		stdout:  os.Stdout,
		stderr:  os.Stderr,
		signals: signals,
	}
	os.Exit(p.run(context.Background(), os.Args[1:]))
}
