package reload_test

import (
	"context"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"butlerd/plugins/qlik-sense-reload/qrssim"
)

// relay passes connections on to an address, counts them, and can break them.
type relay struct {
	socket net.Listener
	to     string
	count  atomic.Int32

	mu   sync.Mutex
	open []net.Conn
}

func newRelay(t *testing.T, to string) *relay {
	t.Helper()
	socket, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &relay{socket: socket, to: to}
	go r.accept()
	t.Cleanup(r.sever)
	return r
}

func (r *relay) addr() string { return r.socket.Addr().String() }

// sever breaks all connections and takes no more.
func (r *relay) sever() {
	_ = r.socket.Close()
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range r.open {
		_ = c.Close()
	}
}

func (r *relay) accept() {
	for {
		in, err := r.socket.Accept()
		if err != nil {
			return
		}
		r.count.Add(1)
		out, err := net.Dial("tcp", r.to)
		if err != nil {
			_ = in.Close()
			continue
		}
		r.mu.Lock()
		r.open = append(r.open, in, out)
		r.mu.Unlock()
		go pipe(in, out)
		go pipe(out, in)
	}
}

func pipe(to, from net.Conn) {
	_, _ = io.Copy(to, from)
	_ = to.Close()
}

func TestConnectionsAreReused(t *testing.T) {
	t.Parallel()
	sim := start(t, qrssim.Options{})
	through := newRelay(t, sim.Addr())
	client := serve(t, direct(sim).with(settings{"host": through.addr()}))
	for range 10 {
		wantSuccess(t, run(t, client, `"task_id": "`+app1ID+`"`))
	}
	if n, requests := through.count.Load(), len(sim.Requests()); n != 1 || requests < 50 {
		t.Errorf("%d connections for %d requests", n, requests)
	}
}

// watcher calls a function, once, when a session is read by its id.
type watcher struct {
	slog.Handler // nil: nothing else of it is called
	call         atomic.Pointer[func()]
	done         atomic.Bool
}

func (w *watcher) on(call func()) { w.call.Store(&call) }

func (w *watcher) Enabled(context.Context, slog.Level) bool { return true }

func (w *watcher) Handle(_ context.Context, r slog.Record) error {
	r.Attrs(func(a slog.Attr) bool {
		followed := a.Key == "path" && strings.HasPrefix(a.Value.String(), "/qrs/executionsession/") && !strings.HasSuffix(a.Value.String(), "/full")
		if call := w.call.Load(); followed && call != nil && !w.done.Swap(true) {
			(*call)()
		}
		return true
	})
	return nil
}

// lasting is one task that takes a time.
func lasting(d time.Duration) *qrssim.Seed {
	return &qrssim.Seed{
		Nodes: []qrssim.SeedNode{{Name: "qs1"}},
		Tasks: []qrssim.SeedTask{{Name: "lasting", Type: "external_program", Path: "x", ReloadTime: qrssim.Duration(d)}},
	}
}

// closed is an address where nothing listens.
func closed(t *testing.T) string {
	t.Helper()
	socket, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	return socket.Addr().String()
}

func TestHostsFailOver(t *testing.T) {
	t.Parallel()
	sim := start(t, qrssim.Options{})
	t.Run("from the start", func(t *testing.T) {
		client := serve(t, direct(sim).with(settings{"host": "", "hosts": []string{closed(t), sim.Addr()}}))
		wantSuccess(t, run(t, client, `"task_id": "`+app1ID+`"`))
	})
	t.Run("while a task is followed", func(t *testing.T) {
		watch := &watcher{}
		sim := start(t, qrssim.Options{Log: slog.New(watch), Seed: lasting(time.Second)})
		first := newRelay(t, sim.Addr())
		watch.on(first.sever)
		client := serve(t, direct(sim).with(settings{"host": "", "hosts": []string{first.addr(), sim.Addr()}}))
		wantSuccess(t, run(t, client, `"task_name": "lasting"`))
		if len(sim.Starts()) != 1 || first.count.Load() == 0 || !watch.done.Load() {
			t.Errorf("%d starts, %d connections", len(sim.Starts()), first.count.Load())
		}
	})
	t.Run("and tells of all when none answers", func(t *testing.T) {
		a, b := closed(t), closed(t)
		client := serve(t, direct(sim).with(settings{"host": "", "hosts": []string{a, b}}))
		wantError(t, run(t, client, `"task_id": "`+app1ID+`"`), a, b)
	})
}

func TestANewConfigurationIsUsed(t *testing.T) {
	t.Parallel()
	first, second := start(t, qrssim.Options{}), start(t, qrssim.Options{})
	client := serve(t, direct(first))
	configure(t, client, direct(second))
	wantSuccess(t, run(t, client, `"task_id": "`+app1ID+`"`))
	if len(first.Starts()) != 0 || len(second.Starts()) != 1 {
		t.Errorf("starts: %d and %d", len(first.Starts()), len(second.Starts()))
	}
}
