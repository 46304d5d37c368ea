package app_test

import (
	"encoding/json"
	"strings"
	"testing"

	app "butlerd/plugins/qlik-sense-app"
	"butlerd/plugins/qlik-sense-app/enginesim"
	"butlerd/sdk/sdktest"
)

// wantFaults wants these faults of a configuration or of arguments, as place and
// the beginning of the text.
func wantFaults(t *testing.T, got, want []string) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("got %q, want %q", got, want)
	}
	for i := range want {
		if !strings.HasPrefix(got[i], want[i]) {
			t.Errorf("got %q, want %q", got[i], want[i])
		}
	}
}

func TestConfiguration(t *testing.T) {
	t.Parallel()
	sim := start(t, apps())
	good := to(sim)
	const notHost = "host: must be a host name or an IP address"
	tests := map[string]struct {
		changes settings
		want    []string
	}{
		"a good one":             {nil, nil},
		"a port of its own":      {settings{"host": "a", "port": 1}, nil},
		"hosts":                  {settings{"host": nil, "hosts": []string{"a", "b:1", "::1"}}, nil},
		"no host":                {settings{"host": nil}, []string{"needs host, or hosts"}},
		"both":                   {settings{"hosts": []string{"a"}}, []string{"host: is not used with hosts"}},
		"a URL":                  {settings{"host": "wss://a/"}, []string{notHost}},
		"a bad port":             {settings{"port": 0}, []string{"port: must be between 1 and 65535"}},
		"no certificate":         {settings{"client_cert": "", "client_key": ""}, []string{"client_cert: must be the path of a file", "client_key: must be the path of a file"}},
		"times without bounds":   {settings{"request_timeout": "1ms", "app_timeout": "3h"}, []string{"request_timeout: must be between 1s and 10m", "app_timeout: must be between 1s and 2h"}},
		"a user with a new line": {settings{"user_id": "a\nb", "user_directory": ""}, []string{"user_directory: must be", "user_id: must be"}},
		"a file that is missing": {settings{"root_cert": "none.pem"}, []string{"root_cert: open none.pem"}},
		"exchanged files":        {settings{"client_cert": sim.Certs().ClientKey, "client_key": sim.Certs().Client}, []string{"client_key: reading"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config, err := json.Marshal(good.with(tt.changes))
			if err != nil {
				t.Fatal(err)
			}
			found, err := sdktest.Serve(t, app.Plugin()).Configure(t.Context(), string(config))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, d := range found {
				got = append(got, strings.TrimPrefix(d.Path.String()+": "+d.Summary, ": "))
			}
			wantFaults(t, got, tt.want)
		})
	}
}

func TestArguments(t *testing.T) {
	t.Parallel()
	client := serve(t, to(start(t, apps())))
	const notID = "app_id: must be a GUID, such as"
	tests := map[string]struct {
		action, arguments string
		want              []string
	}{
		"a reload":             {app.Reload, `{"app_id": "` + strings.ToUpper(brokenApp) + `", "partial": true, "mode": 2}`, nil},
		"a dump":               {app.DumpQuery, `{"app_id": "` + enginesim.App1 + `"}`, nil},
		"an id with braces":    {app.Reload, `{"app_id": "{` + enginesim.App1 + `}", "partial": false, "mode": 0}`, []string{notID}},
		"a name, another mode": {app.Reload, `{"app_id": "App1", "partial": false, "mode": 3}`, []string{notID, "mode: must be 0, 1 or 2"}},
		"a dump of a path":     {app.DumpQuery, `{"app_id": "../x"}`, []string{notID}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			found, err := client.Validate(t.Context(), tt.action, tt.arguments)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, d := range found {
				got = append(got, d.Path.String()+": "+d.Summary)
			}
			wantFaults(t, got, tt.want)
		})
	}
}

func TestCertificatesThatDoNotFit(t *testing.T) {
	t.Parallel()
	sim, foreign := start(t, apps()), start(t, apps())
	other := foreign.Certs()
	tests := map[string]struct {
		changes settings
		want    string // empty: it works
	}{
		"another site's root":        {settings{"root_cert": other.Root}, "root_cert has to be the root of this site"},
		"no root":                    {settings{"root_cert": ""}, "root_cert has to be the root of this site"},
		"no root and insecure":       {settings{"root_cert": "", "insecure": true}, ""},
		"another site's certificate": {settings{"client_cert": other.Client, "client_key": other.ClientKey}, "it does not accept the client certificate"},
		"another name":               {settings{"server_name": "qs1"}, "server_name can say the name to expect"},
		"another user":               {settings{"user_directory": "EXAMPLE", "user_id": "åsa; x"}, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := dump(t, serve(t, to(sim).with(tt.changes)), enginesim.App2)
			if tt.want == "" {
				if a.Err != "" {
					t.Error(a.Err)
				}
				return
			}
			wantParts(t, a.Err, "connecting at 127.0.0.1:", tt.want)
		})
	}
}
