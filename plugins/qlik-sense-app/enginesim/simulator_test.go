package enginesim_test

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"butlerd/plugins/internal/qliksite"
	"butlerd/plugins/qlik-sense-app/engine"
	"butlerd/plugins/qlik-sense-app/enginesim"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func start(t *testing.T, o enginesim.Options) *enginesim.Simulator {
	t.Helper()
	if o.Dir == "" {
		o.Dir = t.TempDir()
	}
	sim, err := enginesim.New(o)
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
	return sim
}

func clientTLS(t *testing.T, sim *enginesim.Simulator) *tls.Config {
	t.Helper()
	certs := sim.Certs()
	config, err := qliksite.Certificates{ClientCert: certs.Client, ClientKey: certs.ClientKey, RootCert: certs.Root}.TLS()
	if err != nil {
		t.Fatal(err)
	}
	return config
}

func connect(t *testing.T, sim *enginesim.Simulator, user string) *engine.Conn {
	t.Helper()
	d := engine.Dialer{Hosts: []string{sim.Addr()}, User: qliksite.User("INTERNAL", user), TLS: clientTLS(t, sim), Timeout: 10 * time.Second}
	conn, err := d.Dial(t.Context(), "", 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	return conn
}

func call(t *testing.T, conn *engine.Conn, handle int, method string, params ...any) string {
	t.Helper()
	var answer json.RawMessage
	if err := conn.Call(t.Context(), engine.Request{Handle: handle, Method: method, Params: params}, &answer); err != nil {
		t.Fatal(err)
	}
	return string(answer)
}

func TestDocList(t *testing.T) {
	t.Parallel()
	apps := append(enginesim.DefaultApps(), enginesim.App{ID: "00000000-0000-0000-0000-0000000000b3", Name: "Denied", Denied: []string{`INTERNAL\a`}})
	sim := start(t, enginesim.Options{Apps: apps})
	for user, want := range map[string]string{
		"a": `"App1 App2 åäö"`,
		"b": `"App1 App2 åäö Denied"`,
	} {
		var list struct {
			Docs []struct {
				ID   string `json:"qDocId"`
				Name string `json:"qDocName"`
			} `json:"qDocList"`
		}
		if err := json.Unmarshal([]byte(call(t, connect(t, sim, user), engine.Global, "GetDocList")), &list); err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, d := range list.Docs {
			names = append(names, d.Name)
		}
		if got := `"` + strings.Join(names, " ") + `"`; got != want || list.Docs[0].ID != enginesim.App1 {
			t.Errorf("for %s: %s", user, got)
		}
	}
}

func TestMethodsThatAreNotThere(t *testing.T) {
	t.Parallel()
	conn := connect(t, start(t, enginesim.Options{}), "a")
	call(t, conn, engine.Global, "OpenDoc", enginesim.App1)
	for _, r := range []engine.Request{
		{Handle: engine.Global, Method: "Shutdown"},
		{Handle: 1, Method: "SetScript", Params: []any{""}},
		{Handle: 7, Method: "GetLayout"},
		{Handle: 7, Method: "DoReload"},
		{Handle: 1, Method: "CreateSessionObject"},
		{Handle: 1, Method: "GetConnection", Params: []any{"x"}},
		{Handle: engine.Global, Method: "OpenDoc", Params: []any{enginesim.App2}},
	} {
		if err := conn.Call(t.Context(), r, nil); err == nil || !strings.Contains(err.Error(), "code") {
			t.Errorf("%s: %v", r.Method, err)
		}
	}
	if _, err := conn.Object(t.Context(), engine.Request{Handle: 1, Method: "GetObject", Params: []any{"x"}}); err == nil {
		t.Error("an object that is not there has a handle")
	}
}

func TestWhoIsLetIn(t *testing.T) {
	t.Parallel()
	sim := start(t, enginesim.Options{})
	client := http.Client{Transport: &http.Transport{TLSClientConfig: clientTLS(t, sim), DisableKeepAlives: true}}
	tests := map[string]struct {
		path, user string
		want       int
	}{
		"nobody without a user":      {"/app/engineData", "", http.StatusForbidden},
		"nobody with half a user":    {"/app/engineData", "UserId=a", http.StatusForbidden},
		"nobody with an odd user":    {"/app/engineData", "UserDirectory=%zz; UserId=a", http.StatusForbidden},
		"nobody elsewhere":           {"/qrs/about", qliksite.User("a", "b"), http.StatusNotFound},
		"nobody without a WebSocket": {"/app/engineData", qliksite.User("a", "b"), http.StatusUpgradeRequired},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://"+sim.Addr()+tt.path, nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set(qliksite.UserHeader, tt.user)
			resp, err := client.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			if err := resp.Body.Close(); err != nil || resp.StatusCode != tt.want {
				t.Errorf("%d, %v", resp.StatusCode, err)
			}
		})
	}
	t.Run("nobody without a certificate", func(t *testing.T) {
		bare := clientTLS(t, sim)
		bare.Certificates = nil
		d := engine.Dialer{Hosts: []string{sim.Addr()}, User: "x", TLS: bare, Timeout: 10 * time.Second}
		if _, err := d.Dial(t.Context(), "", 1<<20); err == nil {
			t.Error("it was let in")
		}
	})
}

func TestItStartsAgainAtTheSameAddress(t *testing.T) {
	t.Parallel()
	sim := start(t, enginesim.Options{})
	conn, addr := connect(t, sim, "a"), sim.Addr()
	if err := sim.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := conn.Call(t.Context(), engine.Request{Handle: engine.Global, Method: "EngineVersion"}, nil); err == nil {
		t.Error("the session outlived it")
	}
	for range 2 {
		if err := sim.Start(); err != nil {
			t.Fatal(err)
		}
	}
	if sim.Addr() != addr {
		t.Errorf("at %s, then at %s", addr, sim.Addr())
	}
	call(t, connect(t, sim, "a"), engine.Global, "EngineVersion")
}

func TestOptionsAreChecked(t *testing.T) {
	t.Parallel()
	for want, o := range map[string]enginesim.Options{
		"no directory":       {},
		"below 0":            {Dir: t.TempDir(), ReloadTime: -1},
		"is no GUID":         {Dir: t.TempDir(), Apps: []enginesim.App{{ID: "x"}}},
		"is that of two app": {Dir: t.TempDir(), Apps: append(enginesim.DefaultApps(), enginesim.DefaultApps()...)},
	} {
		if _, err := enginesim.New(o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
	sim := start(t, enginesim.Options{})
	for _, f := range []enginesim.Fault{{}, {Method: "x", Kind: "y"}, {Method: "x", Kind: enginesim.Delay, Times: -1}} {
		if sim.Inject(f) == nil {
			t.Errorf("%+v was taken", f)
		}
	}
}
