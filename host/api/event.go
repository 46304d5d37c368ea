package api

import (
	"bufio"
	"fmt"
	"time"
)

// eventWriter writes server-sent events. It keeps its first error, after which it
// writes nothing: the client is gone.
type eventWriter struct {
	w    *bufio.Writer
	said time.Time // when something was sent last
	err  error
}

// begin says how long a client waits before it comes back. It also gets the
// header out, which fasthttp keeps until there is something behind it.
func (e *eventWriter) begin() {
	e.printf("retry: %d\n\n", retryLater*1000)
	e.flush()
}

// send writes an event. Its data is one line of JSON.
func (e *eventWriter) send(kind string, id eventPlace, data []byte) {
	e.printf("event: %s\nid: %s\ndata: %s\n\n", kind, *cursorOf(id), data)
}

// ping says that the stream goes on, if nothing was said for long.
func (e *eventWriter) ping() {
	if time.Since(e.said) >= pingEvery {
		e.printf(": ping\n\n")
		e.flush()
	}
}

func (e *eventWriter) printf(format string, args ...any) {
	if e.err == nil {
		_, e.err = fmt.Fprintf(e.w, format, args...)
	}
}

func (e *eventWriter) flush() {
	if e.err == nil && e.w.Buffered() > 0 {
		e.err = e.w.Flush()
		e.said = time.Now()
	}
}
