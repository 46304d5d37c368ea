package engine_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"butlerd/plugins/internal/qliksite"
	"butlerd/plugins/qlik-sense-app/engine"
	"butlerd/plugins/qlik-sense-app/enginesim"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// setup is a simulator, and a dialer for it.
func setup(t *testing.T) (*enginesim.Simulator, *engine.Dialer) {
	t.Helper()
	sim, err := enginesim.New(enginesim.Options{Dir: t.TempDir(), ReloadTime: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	if err := sim.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := sim.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	certs := sim.Certs()
	config, err := qliksite.Certificates{ClientCert: certs.Client, ClientKey: certs.ClientKey, RootCert: certs.Root}.TLS()
	if err != nil {
		t.Fatal(err)
	}
	return sim, &engine.Dialer{
		Hosts:   []string{sim.Addr()},
		User:    qliksite.User("EXAMPLE", "åsa; x"),
		TLS:     config,
		Timeout: 10 * time.Second,
	}
}

func dial(t *testing.T, d *engine.Dialer, limit int64) *engine.Conn {
	t.Helper()
	conn, err := d.Dial(t.Context(), "", limit)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	return conn
}

func inject(t *testing.T, sim *enginesim.Simulator, f enginesim.Fault) {
	t.Helper()
	if err := sim.Inject(f); err != nil {
		t.Fatal(err)
	}
}

var version = engine.Request{Handle: engine.Global, Method: "EngineVersion"}

func TestCallsAtOnce(t *testing.T) {
	t.Parallel()
	sim, d := setup(t)
	conn := dial(t, d, 1<<20)
	doc, err := conn.Object(t.Context(), engine.Request{Handle: engine.Global, Method: "OpenDoc", Params: []any{enginesim.App1}})
	if err != nil {
		t.Fatal(err)
	}
	var calls sync.WaitGroup
	for i := range 50 {
		calls.Go(func() {
			var answer struct {
				Script string `json:"qScript"`
			}
			if err := conn.Call(t.Context(), engine.Request{Handle: doc, Method: "GetScript"}, &answer); err != nil || answer.Script == "" {
				t.Errorf("call %d: %v, %q", i, err, answer.Script)
			}
		})
	}
	calls.Wait()
	if user := sim.Calls()[0].User; user != `EXAMPLE\åsa; x` {
		t.Errorf("it acts as %s", user)
	}
}

func TestSessionsAreApart(t *testing.T) {
	t.Parallel()
	sim, d := setup(t)
	dial(t, d, 1<<20)
	dial(t, d, 1<<20)
	calls := sim.Calls()
	if calls[0].Params == calls[1].Params {
		t.Errorf("both are %s", calls[0].Params)
	}
}

func TestACallThatIsGivenUp(t *testing.T) {
	t.Parallel()
	sim, d := setup(t)
	conn := dial(t, d, 1<<20)
	inject(t, sim, enginesim.Fault{Method: version.Method, Kind: enginesim.Silence, Times: 2})
	short := version
	short.Timeout = time.Millisecond
	if err := conn.Call(t.Context(), short, nil); err == nil || !strings.Contains(err.Error(), "no answer within 1ms") {
		t.Errorf("got %v", err)
	}
	why := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	p, err := conn.Start(version)
	if err != nil {
		t.Fatal(err)
	}
	cancel(why)
	if err := conn.Call(ctx, version, nil); !errors.Is(err, why) || !errors.Is(err, engine.ErrNotSent) {
		t.Errorf("got %v", err)
	}
	select {
	case <-p.Done():
		t.Error("a request without answer is done")
	default:
	}
	if err := conn.Call(t.Context(), version, nil); err != nil {
		t.Errorf("the connection is of no use any more: %v", err)
	}
}

func TestAnswersThatNobodyWaitsForAreDropped(t *testing.T) {
	t.Parallel()
	sim, d := setup(t)
	conn := dial(t, d, 1<<20)
	inject(t, sim, enginesim.Fault{Method: version.Method, Kind: enginesim.Raw, Message: `{"id":99,"result":{}}`, Times: 1})
	if _, err := conn.Start(version); err != nil {
		t.Fatal(err)
	}
	if err := conn.Call(t.Context(), version, nil); err != nil {
		t.Error(err)
	}
}

func TestABrokenConnection(t *testing.T) {
	t.Parallel()
	const limit = 4 << 10
	tests := map[string]struct {
		fault enginesim.Fault
		want  string
	}{
		"by the other end":   {enginesim.Fault{Kind: enginesim.DropBefore}, "the connection ended"},
		"by a long message":  {enginesim.Fault{Kind: enginesim.Oversized, Code: limit}, "longer than is taken"},
		"by one without end": {enginesim.Fault{Kind: enginesim.Raw, Message: `{"id":1`}, "not understood"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sim, d := setup(t)
			conn := dial(t, d, limit)
			tt.fault.Method = version.Method
			inject(t, sim, tt.fault)
			err := conn.Call(t.Context(), version, nil)
			if err == nil || !strings.Contains(err.Error(), tt.want) || errors.Is(err, engine.ErrNotSent) {
				t.Errorf("got %v", err)
			}
			if _, err := conn.Start(version); !errors.Is(err, engine.ErrNotSent) || !strings.Contains(fmt.Sprint(err), tt.want) {
				t.Errorf("afterwards %v", err)
			}
		})
	}
	t.Run("by this end, which ends what goes on", func(t *testing.T) {
		t.Parallel()
		sim, d := setup(t)
		conn := dial(t, d, limit)
		doc, err := conn.Object(t.Context(), engine.Request{Handle: engine.Global, Method: "OpenDoc", Params: []any{enginesim.App1}})
		if err != nil {
			t.Fatal(err)
		}
		p, err := conn.Start(engine.Request{Handle: doc, Method: "DoReload"})
		if err != nil {
			t.Fatal(err)
		}
		conn.Close()
		conn.Close() // is no mistake
		<-p.Done()
		if err := p.Result(nil); err == nil {
			t.Error("it was answered")
		}
		if err := sim.Stop(t.Context()); err != nil { // ends when the sessions have
			t.Fatal(err)
		}
		if r := sim.Reloads(); len(r) != 1 || !r[0].Cancelled {
			t.Errorf("reloads %+v", r)
		}
	})
}

func TestParamsThatAreNoJSON(t *testing.T) {
	t.Parallel()
	_, d := setup(t)
	conn := dial(t, d, 1<<20)
	if _, err := conn.Start(engine.Request{Method: "x", Params: []any{make(chan int)}}); !errors.Is(err, engine.ErrNotSent) {
		t.Errorf("got %v", err)
	}
}
