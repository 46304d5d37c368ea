package api

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"butlerd/host/run"
	"butlerd/host/store"
)

// event is one server-sent event; a comment has a text only.
type event struct {
	kind, id, data string
	comment        string
}

// eventStream is what a client reads.
type eventStream struct {
	t     *testing.T
	reply *http.Response
	lines *bufio.Scanner
}

// follow opens the events of a run.
func (b *bundle) follow(t *testing.T, runID string, header ...string) *eventStream {
	t.Helper()
	q, err := http.NewRequest("GET", "http://butlerd/api/v1/runs/"+runID+"/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range header {
		name, value, _ := strings.Cut(line, ": ")
		q.Header.Set(name, value)
	}
	r, err := b.client.Do(q)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Body.Close() })
	if r.StatusCode != 200 || r.Header.Get("Content-Type") != "text/event-stream" {
		t.Fatalf("%d %v", r.StatusCode, r.Header)
	}
	s := &eventStream{t: t, reply: r, lines: bufio.NewScanner(r.Body)}
	if e, ok := s.next(); !ok || e != (event{}) {
		t.Fatalf("it begins with %+v", e)
	}
	return s
}

// next is the next event; false at the end.
func (s *eventStream) next() (e event, ok bool) {
	s.t.Helper()
	for s.lines.Scan() {
		name, value, found := strings.Cut(s.lines.Text(), ": ")
		switch {
		case s.lines.Text() == "":
			s.conform(e)
			return e, true
		case name == "event":
			e.kind = value
		case name == "id":
			e.id = value
		case name == "data":
			e.data = value
		case name == "":
			e.comment = value
		case name != "retry" || !found:
			s.t.Fatalf("a line that says nothing: %q", s.lines.Text())
		}
	}
	return e, false
}

// conform holds the data of an event to the description.
func (s *eventStream) conform(e event) {
	s.t.Helper()
	if e.kind == "" {
		return
	}
	schema := "LogEntry"
	if e.kind == "end" {
		schema = "Run"
	}
	ref := loadDescription(s.t).Components.Schemas[schema]
	if err := ref.Value.VisitJSON(parseJSON(s.t, e.data)); err != nil {
		s.t.Errorf("%s event: %v", e.kind, err)
	}
}

// texts reads as many events and returns what they say; "end" with the run's
// state for the last.
func (s *eventStream) texts(n int) []string {
	s.t.Helper()
	var all []string
	for range n {
		e, ok := s.next()
		if !ok {
			s.t.Fatalf("the stream ended after %q", all)
		}
		var data struct{ Text, State string }
		if err := json.Unmarshal([]byte(e.data), &data); err != nil && e.kind != "" {
			s.t.Fatal(err)
		}
		all = append(all, strings.TrimSpace(e.kind+e.comment+" "+data.Text+data.State))
	}
	return all
}

// ends checks that nothing comes any more.
func (s *eventStream) ends() {
	s.t.Helper()
	if e, ok := s.next(); ok {
		s.t.Errorf("it goes on with %+v", e)
	}
}

func (s *eventStream) says(want ...string) {
	s.t.Helper()
	if diff := cmp.Diff(want, s.texts(len(want))); diff != "" {
		s.t.Errorf("events (-want +got):\n%s", diff)
	}
}

func TestEvents(t *testing.T) {
	t.Parallel()
	inBubble(t, "are those that were there and those that come", func(t *testing.T) {
		b := setup(t, nil)
		b.declare(declared("a", `{}`))
		r := b.addRun("a", 1)
		b.say(r, 1, 2)
		s := b.follow(t, r.ID)
		s.says("log line 1", "log line 2")
		began := time.Now()
		b.say(r, 3, 3)
		s.says("log line 3")
		if took := time.Since(began); took > pollEvery {
			t.Errorf("it took %v", took)
		}
		b.end(r, run.Succeeded, run.None, nil)
		s.says("end succeeded")
		s.ends()
	})
	inBubble(t, "are all of a long log", func(t *testing.T) {
		b := setup(t, nil)
		b.declare(declared("a", `{}`))
		r := b.addRun("a", 1)
		b.say(r, 1, 2*defaultLogPage)
		b.end(r, run.Failed, run.ReasonAction, nil)
		s := b.follow(t, r.ID)
		all := s.texts(2*defaultLogPage + 1)
		if first, last := all[0], all[len(all)-2]; first != "log line 1" || last != fmt.Sprintf("log line %d", 2*defaultLogPage) {
			t.Errorf("%q to %q", first, last)
		}
		if all[len(all)-1] != "end failed" {
			t.Errorf("the last is %q", all[len(all)-1])
		}
		s.ends()
	})
	inBubble(t, "go on behind the one that was received last", func(t *testing.T) {
		b := setup(t, nil)
		b.declare(declared("a", `{}`))
		r := b.addRun("a", 1)
		b.say(r, 1, 3)
		first, _ := b.follow(t, r.ID).next()
		again := b.follow(t, r.ID, lastEventID+": "+first.id)
		again.says("log line 2", "log line 3")
		b.end(r, run.Succeeded, run.None, nil)
		end, _ := again.next()
		a := b.send("GET", "/api/v1/runs/"+r.ID+"/events", "", lastEventID+": "+end.id)
		if a.Status != 204 || a.Body != "" {
			t.Errorf("behind the end: %d %q", a.Status, a.Body)
		}
		if page := get[logPage](t, b, "/api/v1/runs/"+r.ID+"/log?cursor="+first.id); len(page.Entries) != 2 {
			t.Errorf("an event's id is no cursor of the log: %+v", page)
		}
	})
	inBubble(t, "are comments when there is nothing to say", func(t *testing.T) {
		b := setup(t, nil)
		b.declare(declared("a", `{}`))
		s, began := b.follow(t, b.addRun("a", 1).ID), time.Now()
		s.says("ping", "ping")
		if took := time.Since(began); took < 2*pingEvery || took > 2*(pingEvery+pollEvery) {
			t.Errorf("two pings after %v", took)
		}
	})
}

func TestEventsAreRefused(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	b.declare(declared("a", `{}`))
	r := b.addRun("a", 1)
	path := "/api/v1/runs/" + r.ID + "/events"
	b.play(t, []scenario{
		{name: "of a run that is not there", method: "GET", path: "/api/v1/runs/nobody/events", status: 404, says: []string{"urn:butlerd:problem:not-found"}},
		{name: "behind an event that was none", method: "GET", path: path, header: []string{lastEventID + ": 17"}, status: 400, says: []string{lastEventID}},
		{name: "behind a place in another list", method: "GET", path: path, header: []string{lastEventID + ": " + *cursorOf(runPlace{ID: "x"})}, status: 400},
		{name: "with a filter", method: "GET", path: path + "?kind=log", status: 400, says: []string{"unknown parameter"}},
	})
	if a := b.send("HEAD", path, ""); a.Status != 200 || a.Header.Get("Content-Type") != "text/event-stream" {
		t.Errorf("HEAD: %d %v", a.Status, a.Header)
	}
	if n := len(b.streams.free); n != maxStreams {
		t.Errorf("%d streams are open", maxStreams-n)
	}
	_ = b.store.Close()
	b.play(t, []scenario{
		{name: "while the store is away", method: "GET", path: path, status: 503, has: []string{"Retry-After: 5"}, says: []string{"urn:butlerd:problem:store-unavailable", "the database does not answer"}},
	})
}

func TestStreamsAreBounded(t *testing.T) {
	t.Parallel()
	inBubble(t, "in number", func(t *testing.T) {
		b := setup(t, nil)
		b.declare(declared("a", `{}`))
		r := b.addRun("a", 1)
		for range maxStreams - 1 {
			<-b.streams.free // as if as many were open
		}
		last := b.follow(t, r.ID)
		a := b.send("GET", "/api/v1/runs/"+r.ID+"/events", "")
		if a.Status != 503 || a.Header.Get("Retry-After") != "5" || !strings.Contains(a.Body, "urn:butlerd:problem:too-many-streams") {
			t.Errorf("one too many: %d %s", a.Status, a.Body)
		}
		_ = last.reply.Body.Close()
		// The first write after it fails below fasthttp, and the second one in the stream.
		time.Sleep(2 * (pingEvery + pollEvery))
		b.say(r, 1, 1)
		b.follow(t, r.ID).says("log line 1")
	})
	inBubble(t, "by clients that read nothing", func(t *testing.T) {
		b := setup(t, nil)
		b.declare(declared("a", `{}`))
		r := b.addRun("a", 1)
		b.say(r, 1, 1000)
		c, err := b.client.Transport.(*http.Transport).DialContext(context.Background(), "tcp", "butlerd")
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if _, err := io.WriteString(c, "GET /api/v1/runs/"+r.ID+"/events HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if n := len(b.streams.free); n != maxStreams-1 {
			t.Fatalf("%d streams are open", maxStreams-n)
		}
		time.Sleep(writeTimeout + pollEvery)
		synctest.Wait()
		if n := len(b.streams.free); n != maxStreams {
			t.Errorf("%d streams are still open", maxStreams-n)
		}
	})
	inBubble(t, "by the host's life", func(t *testing.T) {
		b := setup(t, nil)
		b.declare(declared("a", `{}`))
		r := b.addRun("a", 1)
		b.say(r, 1, 1)
		s, began := b.follow(t, r.ID), time.Now()
		s.says("log line 1")
		if err := b.Stop(within(t, 5*time.Second)); err != nil {
			t.Error(err)
		}
		if took := time.Since(began); took > time.Second {
			t.Errorf("stopping took %v", took)
		}
		s.ends()
	})
}

// awayHistory is a ledger that cannot be read while err is set.
type awayHistory struct {
	History
	err   atomic.Pointer[error]
	asked atomic.Int64
}

func (h *awayHistory) Run(ctx context.Context, id string) (run.Run, []run.Attempt, error) {
	h.asked.Add(1)
	if err := h.err.Load(); err != nil {
		return run.Run{}, nil, *err
	}
	return h.History.Run(ctx, id)
}

func TestStreamsWithoutTheStore(t *testing.T) {
	t.Parallel()
	open := func(t *testing.T) (*bundle, *awayHistory, run.Run, *eventStream) {
		h := &awayHistory{}
		b := setup(t, func(o *Options) { h.History, o.History = o.History, h })
		b.declare(declared("a", `{}`))
		r := b.addRun("a", 1)
		b.say(r, 1, 1)
		s := b.follow(t, r.ID)
		s.says("log line 1")
		return b, h, r, s
	}
	inBubble(t, "wait until it is back", func(t *testing.T) {
		b, h, r, s := open(t)
		away := fmt.Errorf("reading: %w", store.ErrUnavailable)
		h.err.Store(&away)
		before := h.asked.Load()
		time.Sleep(50 * time.Second)
		if n := h.asked.Load() - before; n > 11 {
			t.Errorf("it was asked %d times in 50 seconds", n)
		}
		s.says("ping", "ping", "ping")
		h.err.Store(nil)
		b.say(r, 2, 2)
		b.end(r, run.Succeeded, run.None, nil)
		s.says("log line 2", "end succeeded")
	})
	inBubble(t, "end when it is broken, and say why in the log", func(t *testing.T) {
		b, h, r, s := open(t)
		broken := errors.New("the file is damaged")
		h.err.Store(&broken)
		s.ends()
		if log := b.log.String(); !strings.Contains(log, "the file is damaged") || !strings.Contains(log, r.ID) {
			t.Errorf("the log: %s", log)
		}
	})
}
