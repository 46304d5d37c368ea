package reload_test

import (
	"strings"
	"testing"

	"butlerd/plugins/qlik-sense-reload/qrssim"
	"butlerd/sdk/sdktest"
)

func TestOverTLS(t *testing.T) {
	t.Parallel()
	sim := start(t, qrssim.Options{})
	client := serve(t, direct(sim))
	tests := map[string]struct {
		selector string
		starts   int
	}{
		"by id":                 {`"task_id": "` + strings.ToUpper(app1ID) + `"`, 1},
		"by name":               {`"task_name": "Åsa's reload: 100 % & more, \"C:\\data\" #1"`, 1},
		"by tag":                {`"tag": "startTask2"`, 1},
		"by tag with quotes":    {`"tag": "it's"`, 2},
		"by property":           {`"custom_property": {"name": "taskGroup", "value": "tasks2"}`, 2},
		"by property with both": {`"custom_property": {"name": "Owner", "value": "O'Brien"}`, 1},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) { // one after the other: they start the same tasks
			before := len(sim.Starts())
			wantSuccess(t, run(t, client, tt.selector))
			if got := len(sim.Starts()) - before; got != tt.starts {
				t.Errorf("%d starts", got)
			}
		})
	}
	if user := sim.Starts()[0].User; user != `INTERNAL\sa_repository` {
		t.Errorf("it acts as %s", user)
	}
}

func TestAnotherUser(t *testing.T) {
	t.Parallel()
	sim := start(t, qrssim.Options{})
	client := serve(t, direct(sim).with(settings{"user_directory": "EXAMPLE", "user_id": "åsa; x"}))
	wantSuccess(t, run(t, client, `"task_id": "`+app1ID+`"`))
	if user := sim.Starts()[0].User; user != `EXAMPLE\åsa; x` {
		t.Errorf("it acts as %s", user)
	}
}

func TestFailureOverTLSHasTheScriptLog(t *testing.T) {
	t.Parallel()
	r := run(t, serve(t, direct(start(t, qrssim.Options{}))), `"task_id": "`+failsID+`"`)
	wantError(t, r, "Fails always: FinishedFail: Field 'Amuont' not found")
	if !strings.Contains(string(r.Result), `Execution Failed"`) {
		t.Errorf("result: %s", r.Result)
	}
}

func TestCertificates(t *testing.T) {
	t.Parallel()
	sim, foreign := start(t, qrssim.Options{}), start(t, qrssim.Options{})
	named := start(t, qrssim.Options{Hosts: []string{"qs1"}})
	other := foreign.Certs()
	tests := map[string]struct {
		settings settings
		want     string // empty: it works
	}{
		"another site's root":           {direct(sim).with(settings{"root_cert": other.Root}), "root_cert has to be the root of this site"},
		"no root":                       {direct(sim).with(settings{"root_cert": ""}), "root_cert has to be the root of this site"},
		"no root and insecure":          {direct(sim).with(settings{"root_cert": "", "insecure": true}), ""},
		"another site's certificate":    {direct(sim).with(settings{"client_cert": other.Client, "client_key": other.ClientKey}), "it does not accept the client certificate"},
		"a certificate of another name": {direct(named), "server_name can say the name to expect"},
		"the name to expect":            {direct(named).with(settings{"server_name": "qs1"}), ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := run(t, serve(t, tt.settings), `"task_id": "`+app1ID+`", "if_running": "wait"`)
			if tt.want == "" {
				wantSuccess(t, r)
				return
			}
			wantError(t, r, "reading tasks at 127.0.0.1:", tt.want)
			if r.Retry != sdktest.Default {
				t.Errorf("retry %q", r.Retry)
			}
		})
	}
	if len(foreign.Starts()) > 0 {
		t.Error("the other site started something")
	}
}
