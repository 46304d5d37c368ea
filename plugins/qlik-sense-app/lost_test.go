package app_test

import (
	"strings"
	"testing"

	"butlerd/plugins/qlik-sense-app/enginesim"
	"butlerd/sdk/sdktest"
)

func TestReloadWhoseConnectionBreaks(t *testing.T) {
	t.Parallel()
	const tooLong = 2 << 20
	tests := map[string]struct {
		fault  enginesim.Fault
		status sdktest.Status
		want   string
	}{
		"while connecting":       {enginesim.Fault{Method: "connect", Kind: enginesim.DropBefore}, sdktest.Failed, "connecting at 127.0.0.1:"},
		"before the app is open": {enginesim.Fault{Method: "OpenDoc", Kind: enginesim.DropBefore}, sdktest.Failed, "OpenDoc at 127.0.0.1:"},
		"as the app is open":     {enginesim.Fault{Method: "OpenDoc", Kind: enginesim.DropAfter}, sdktest.Failed, "the connection ended"},
		"with the order sent":    {enginesim.Fault{Method: "DoReload", Kind: enginesim.DropBefore}, sdktest.Lost, "the connection ended"},
		"with the reload ended":  {enginesim.Fault{Method: "DoReload", Kind: enginesim.DropAfter}, sdktest.Lost, "DoReload at 127.0.0.1:"},
		"before the saving":      {enginesim.Fault{Method: "DoSave", Kind: enginesim.DropBefore}, sdktest.Lost, "may be saved or not"},
		"after the saving":       {enginesim.Fault{Method: "DoSave", Kind: enginesim.DropAfter}, sdktest.Lost, "may be saved or not"},
		"by a long message":      {enginesim.Fault{Method: "DoReload", Kind: enginesim.Oversized, Code: tooLong}, sdktest.Lost, "a message that is longer than is taken"},
		"by no JSON":             {enginesim.Fault{Method: "DoReload", Kind: enginesim.Raw, Message: "<html>"}, sdktest.Lost, "a message that is not understood"},
		"by an odd answer":       {enginesim.Fault{Method: "DoReload", Kind: enginesim.Raw, Message: `{"jsonrpc":"2.0","id":2,"result":[]}`}, sdktest.Lost, "a message that is not understood"},
		"by half an answer":      {enginesim.Fault{Method: "OpenDoc", Kind: enginesim.Raw, Message: `{"jsonrpc":"2.0","id":1}`}, sdktest.Failed, "has not one of result and error"},
		"by a session that ends": {enginesim.Fault{Method: "OpenDoc", Kind: enginesim.Raw, Message: `{"jsonrpc":"2.0","method":"OnSessionTimedOut","params":{}}`}, sdktest.Failed, "it gives no session (OnSessionTimedOut)"},
		"for want of a licence":  {enginesim.Fault{Method: "connect", Kind: enginesim.Raw, Message: `{"jsonrpc":"2.0","method":"OnConnected","params":{"qSessionState":"SESSION_ERROR_NO_LICENSE"}}`}, sdktest.Failed, "it has no licence for the session"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sim := start(t, apps())
			inject(t, sim, tt.fault)
			r := reload(t, serve(t, to(sim)), enginesim.App1, "")
			wantStatus(t, r, tt.status, sdktest.Default, tt.want)
			if n := len(sim.Reloads()); n > 1 || n == 1 && tt.status == sdktest.Failed {
				t.Errorf("%d reloads", n)
			}
		})
	}
}

func TestNotificationsThatMeanNothing(t *testing.T) {
	t.Parallel()
	sim := start(t, apps())
	inject(t, sim,
		enginesim.Fault{Method: "connect", Kind: enginesim.Raw, Message: `{"jsonrpc":"2.0","method":"OnAuthenticationInformation","params":{"mustAuthenticate":false}}`},
		enginesim.Fault{Method: "GetProgress", Kind: enginesim.Raw, Message: `{"jsonrpc":"2.0","method":"OnSomething","params":[1]}`},
	)
	wantStatus(t, reload(t, serve(t, to(sim)), enginesim.App1, ""), sdktest.Succeeded, "")
}

func TestTimeout(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		method string
		status sdktest.Status
		want   string
	}{
		"of opening": {"OpenDoc", sdktest.Failed, "OpenDoc at 127.0.0.1:"},
		"of saving":  {"DoSave", sdktest.Lost, "may be saved or not"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sim := start(t, apps())
			inject(t, sim, enginesim.Fault{Method: tt.method, Kind: enginesim.Silence})
			r := reload(t, serve(t, to(sim).with(settings{"app_timeout": "3s"})), enginesim.App1, "")
			wantStatus(t, r, tt.status, sdktest.Default, tt.want, "no answer within 3s")
		})
	}
}

func TestTheNextHost(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]enginesim.Fault{
		"when one does not answer":     {Method: "connect", Kind: enginesim.Silence},
		"when one breaks off":          {Method: "connect", Kind: enginesim.DropBefore},
		"when one is in trouble":       {Method: "connect", Kind: enginesim.Answer, Code: 502},
		"unless one refuses the user":  {Method: "connect", Kind: enginesim.Answer, Code: 403},
		"unless one is something else": {Method: "connect", Kind: enginesim.Answer, Code: 302},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			first, second := startIn(t, dir, apps()), startIn(t, dir, apps())
			inject(t, first, fault)
			s := to(second).with(settings{"host": nil, "hosts": []string{first.Addr(), second.Addr()}, "request_timeout": "3s"})
			r := reload(t, serve(t, s), enginesim.App1, "")
			want := 1
			if strings.HasPrefix(name, "unless") {
				want = 0
			}
			if n := len(second.Reloads()); n != want || (r.Status == sdktest.Succeeded) != (want == 1) {
				t.Errorf("%d reloads, status %q, error %q", n, r.Status, r.Err)
			}
		})
	}
}

func TestNobodyListens(t *testing.T) {
	t.Parallel()
	sim := start(t, apps())
	s := to(sim)
	if err := sim.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	r := reload(t, serve(t, s), enginesim.App1, "")
	wantStatus(t, r, sdktest.Failed, sdktest.Default, "connecting at 127.0.0.1:")
	if strings.Contains(r.Err, "identity") {
		t.Errorf("the URL is in the error: %s", r.Err)
	}
}
