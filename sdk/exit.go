package sdk

import (
	"fmt"
	"io"
	"os"
	"time"
)

const (
	// exitLeaseLost is the status of a process that outlived its host's lease,
	// where it does not end by a signal.
	exitLeaseLost = 3
	// lastWordsLimit bounds how long the last words may take: a host that is paused
	// reads nothing, and its pipe may be full.
	lastWordsLimit = 100 * time.Millisecond
)

// exitNow ends the process, whatever executes, and what it started as far as it
// can. stderr is the process's own: what go-plugin puts in its place is lost with
// the process.
func exitNow(stderr io.Writer, name, why string) {
	sayLast(stderr, fmt.Sprintf("plugin %q ends itself: %s\n", name, why))
	killGroup()
	os.Exit(exitLeaseLost)
}

func sayLast(stderr io.Writer, words string) {
	said := make(chan struct{})
	go func() {
		defer close(said)
		_, _ = io.WriteString(stderr, words) // nobody is left to hear of an error
	}()
	select {
	case <-said:
	case <-time.After(lastWordsLimit):
	}
}
