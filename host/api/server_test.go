package api

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/valyala/fasthttp/fasthttputil"

	"butlerd/host/dispatch"
	"butlerd/host/run"
	"butlerd/host/store"
)

func TestNewRefusesUnknownResponses(t *testing.T) {
	t.Parallel()
	if _, err := New(Options{V4Responses: "butler-17"}); err == nil || !strings.Contains(err.Error(), `"butler-17"`) {
		t.Errorf("New = %v", err)
	}
}

func newServer(t *testing.T) *Server {
	t.Helper()
	s, err := New(Options{V4Responses: Examples, Metrics: http.NotFoundHandler()})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func within(t *testing.T, limit time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	t.Cleanup(cancel)
	return ctx
}

func TestStop(t *testing.T) {
	t.Parallel()
	t.Run("before Serve makes Serve return at once and close the listener", func(t *testing.T) {
		t.Parallel()
		s, l := newServer(t), fasthttputil.NewInmemoryListener()
		if err := s.Stop(within(t, 30*time.Second)); err != nil {
			t.Fatal(err)
		}
		if err := s.Serve(l); err != nil {
			t.Errorf("Serve = %v", err)
		}
		if c, err := l.Dial(); err == nil {
			t.Errorf("the listener still takes connections: %v", c)
		}
	})
	t.Run("races with Serve and never leaves it running", func(t *testing.T) {
		t.Parallel()
		for range 50 {
			s, l, served := newServer(t), fasthttputil.NewInmemoryListener(), make(chan error, 1)
			go func() { served <- s.Serve(l) }()
			if err := s.Stop(within(t, 30*time.Second)); err != nil {
				t.Fatal(err)
			}
			if err := <-served; err != nil {
				t.Fatalf("Serve = %v", err)
			}
		}
	})
	t.Run("does not miss a listener that is about to be served", func(t *testing.T) {
		t.Parallel()
		s, served := newServer(t), make(chan error, 1)
		l := &lateListener{Listener: fasthttputil.NewInmemoryListener(), closed: make(chan struct{}), asked: make(chan struct{})}
		go func() { served <- s.Serve(l) }()
		<-l.asked
		if err := s.Stop(within(t, 30*time.Second)); err != nil {
			t.Fatal(err)
		}
		if err := <-served; err != nil {
			t.Errorf("Serve = %v", err)
		}
	})
	t.Run("does not wait for connections on which nothing was said", func(t *testing.T) {
		t.Parallel()
		b := setup(t, nil)
		c, err := b.client.Transport.(*http.Transport).DialContext(context.Background(), "", "")
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		b.send("GET", "/livez", "")                              // on another one, which is idle then
		if err := b.Stop(within(t, readTimeout/2)); err != nil { // which would end them
			t.Error(err)
		}
	})
	t.Run("may be called again", func(t *testing.T) {
		t.Parallel()
		b := setup(t, nil)
		b.send("GET", "/livez", "")
		for range 3 {
			if err := b.Stop(within(t, 30*time.Second)); err != nil {
				t.Error(err)
			}
		}
	})
	t.Run("answers the request that is open", func(t *testing.T) {
		t.Parallel()
		started, proceed := make(chan struct{}), make(chan struct{})
		b := setup(t, func(o *Options) {
			o.Ready = func() []Check {
				close(started)
				<-proceed
				return nil
			}
		})
		answered := make(chan answer, 1)
		go func() { answered <- b.send("GET", "/readyz", "") }()
		<-started
		stopped := make(chan error, 1)
		go func() { stopped <- b.Stop(within(t, 30*time.Second)) }()
		close(proceed)
		if a := <-answered; a.Status != http.StatusOK {
			t.Errorf("the open request: %d", a.Status)
		}
		if err := <-stopped; err != nil {
			t.Error(err)
		}
	})
	t.Run("gives up waiting with its context", func(t *testing.T) {
		t.Parallel()
		started, proceed := make(chan struct{}), make(chan struct{})
		b := setup(t, func(o *Options) {
			o.Ready = func() []Check {
				close(started)
				<-proceed
				return nil
			}
		})
		answered := make(chan struct{})
		go func() { defer close(answered); b.send("GET", "/readyz", "") }()
		<-started
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		if err := b.Stop(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("Stop = %v", err)
		}
		close(proceed)
		<-answered
	})
}

// lateListener holds its server up between Serve and the first Accept, until it is
// closed.
type lateListener struct {
	net.Listener
	asked, closed chan struct{}
	once          sync.Once
}

func (l *lateListener) Addr() net.Addr {
	l.once.Do(func() { close(l.asked) })
	<-l.closed
	return l.Listener.Addr()
}

func (l *lateListener) Close() error {
	close(l.closed)
	return l.Listener.Close()
}

// TestNothingChangesAfterItsRequest is about memory that fasthttp uses again for
// the next request.
func TestNothingChangesAfterItsRequest(t *testing.T) {
	t.Parallel()
	kept := &keepingRuns{}
	b := setup(t, func(o *Options) { o.Runs = kept })
	for _, text := range []string{"AAAA", "BBBB", "CCCC"} {
		b.send("POST", "/api/v1/schedules/"+text+"/run", "", "Idempotency-Key: "+text)
	}
	want := []string{"AAAA", "AAAA", "BBBB", "BBBB", "CCCC", "CCCC"}
	if diff := cmp.Diff(want, kept.texts); diff != "" {
		t.Errorf("what was handed on (-want +got):\n%s", diff)
	}
}

// keepingRuns keeps what it is asked for, and refuses.
type keepingRuns struct{ texts []string }

func (k *keepingRuns) Trigger(_ context.Context, q dispatch.Request) (run.Run, bool, error) {
	k.texts = append(k.texts, q.ScheduleID, q.Key)
	return run.Run{}, false, store.ErrNotFound
}

func (*keepingRuns) Cancel(context.Context, string) error { return dispatch.ErrNotOpen }

func TestServeTakesOneListener(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	b.send("GET", "/livez", "") // so that it is served
	if err := b.Serve(fasthttputil.NewInmemoryListener()); err == nil {
		t.Error("a second Serve is let through")
	}
}

// TestRealSocket has what a listener in memory has not: resets, half-closes and
// addresses.
func TestRealSocket(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	b := setup(t, nil)
	s, err := New(*b.options)
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- s.Serve(l) }()
	b.client = &http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "tcp", l.Addr().String())
	}}}
	b.declare(declared("a", `{}`))
	open, over := b.addRun("a", 1), b.addRun("a", 2)
	b.say(over, 1, 1)
	b.end(over, run.Succeeded, run.None, nil)
	b.play(t, []scenario{
		{name: "answers", method: "GET", path: "/livez", status: 200, says: []string{`{"live":true}`}},
		{name: "says why a body of 4 MiB is refused", method: "POST", path: "/v4/schedules", body: strings.Repeat("x", 4<<20), status: 413, says: []string{"too large"}},
		{name: "streams", method: "GET", path: "/api/v1/runs/" + over.ID + "/events", status: 200, says: []string{"event: log\n", "event: end\n"}},
		{name: "says why a header of 40 KiB is refused", method: "GET", path: "/livez", header: []string{"Cookie: " + strings.Repeat("x", 40<<10)}, status: 431},
	})
	stream := b.follow(t, open.ID)
	if err := s.Stop(within(t, 30*time.Second)); err != nil {
		t.Error(err)
	}
	stream.ends()
	if err := <-served; err != nil {
		t.Error(err)
	}
}

// brokenSchedules is a registry of which one thing does not work.
type brokenSchedules struct {
	Schedules
	list func() []store.Schedule
	err  error // of every change
}

func (f *brokenSchedules) List() []store.Schedule {
	if f.list != nil {
		return f.list()
	}
	return f.Schedules.List()
}

func (f *brokenSchedules) SetAllStarted(ctx context.Context, started bool, by string) error {
	if f.err != nil {
		return f.err
	}
	return f.Schedules.SetAllStarted(ctx, started, by)
}
