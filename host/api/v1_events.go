package api

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/gofiber/fiber/v2"

	"butlerd/host/run"
)

// lastEventID is the header in which a client that lost its stream says what it
// got last.
const lastEventID = "Last-Event-ID"

// getEvents follows the log of a run as server-sent events, wherever the run is
// executed: what its host writes is read from the store. A client that comes back
// after the end is answered with 204, which tells browsers to stay away.
func (v v1) getEvents(c *fiber.Ctx) error {
	if q := newQuery(c); q.err != nil {
		return q.err
	}
	var behind eventPlace
	if id := c.Get(lastEventID); id != "" && !readCursor(id, &behind) {
		return invalid("the header " + lastEventID + " must be the id of an event as it came")
	}
	r, _, err := v.findRun(c)
	if err != nil {
		return err
	}
	if behind.End {
		return c.SendStatus(http.StatusNoContent)
	}
	f := &follower{v1: v, runID: r.ID, behind: behind.logPlace}
	return v.streams.answer(c, "text/event-stream", f.follow)
}

// The rhythm of a stream.
const (
	pollEvery = 500 * time.Millisecond
	// pollLater is for a store that is away.
	pollLater = 5 * time.Second
	// pingEvery is how long nothing may be said: only writes tell that a client is
	// gone, and proxies close connections on which nothing happens.
	pingEvery = 15 * time.Second
)

// follower tells one client of one run.
type follower struct {
	v1
	runID  string
	behind logPlace // what the client has
	events eventWriter
}

// follow sends what comes until the run has ended and all of it was sent, the
// client is gone, or ctx ends.
func (f *follower) follow(ctx context.Context, w *bufio.Writer) {
	defer func() {
		if r := recover(); r != nil { // nobody else is there to recover
			f.opts.Log.Error("following a run", "run", f.runID, "err", fmt.Errorf("%w: %v\n%s", errPanic, r, debug.Stack()))
		}
	}()
	f.events = eventWriter{w: w}
	f.events.begin()
	for f.events.err == nil {
		done, err := f.proceed(ctx)
		pause := pollEvery
		switch {
		case done, ctx.Err() != nil:
			return
		case faultForNow(err) != nil:
			pause = pollLater
		case err != nil:
			f.opts.Log.Error("following a run", "run", f.runID, "err", err)
			return
		}
		if !sleep(ctx, pause) {
			return
		}
		f.events.ping()
	}
}

// proceed sends what is new, and says whether that was all. The run is read
// first: the log of one that had ended is whole.
func (f *follower) proceed(ctx context.Context) (done bool, err error) {
	r, err := f.run(ctx)
	if err != nil {
		return false, err
	}
	for more := true; more && f.events.err == nil; {
		if more, err = f.sendLog(ctx, r); err != nil {
			return false, err
		}
	}
	if r.State.Open() {
		return false, nil
	}
	data, err := encode(newRunView(r))
	if err != nil {
		return false, err
	}
	f.events.send("end", eventPlace{logPlace: f.behind, End: true}, data)
	f.events.flush()
	return true, nil
}

func (f *follower) run(ctx context.Context) (run.Run, error) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	r, _, err := f.opts.History.Run(ctx, f.runID)
	return r, err
}

// sendLog sends a page of the log, and says whether there may be more.
func (f *follower) sendLog(ctx context.Context, r run.Run) (more bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	page, err := f.log(ctx, r, f.behind, defaultLogPage)
	if err != nil {
		return false, err
	}
	for _, e := range page.Entries {
		data, err := encode(e)
		if err != nil {
			return false, err
		}
		f.behind = logPlace{Attempt: e.Attempt, Seq: e.Seq}
		f.events.send(e.Kind, eventPlace{logPlace: f.behind}, data)
	}
	f.events.flush()
	return len(page.Entries) == defaultLogPage, nil
}

// sleep waits, and says whether ctx goes on.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
