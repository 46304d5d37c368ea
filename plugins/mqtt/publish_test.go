package mqtt_test

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"butlerd/plugins/mqtt"
	"butlerd/sdk"
	"butlerd/sdk/sdktest"
)

func TestAMessageIsPublished(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		config, args settings
		want         message
	}{
		"as Butler did":   {nil, settings{"topic": "a/b", "message": "x å"}, message{"a/b", "x å", 0, false, 4}},
		"at least once":   {nil, settings{"topic": "a", "message": "x", "qos": 1}, message{"a", "x", 1, false, 4}},
		"exactly once":    {nil, settings{"topic": "a", "message": "x", "qos": 2}, message{"a", "x", 2, false, 4}},
		"to be retained":  {nil, settings{"topic": "a", "message": "", "retain": true}, message{"a", "", 0, true, 4}},
		"in old language": {settings{"protocol": "3.1"}, settings{"topic": "a", "message": "x"}, message{"a", "x", 0, false, 3}},
		"a large one":     {nil, settings{"topic": "a", "message": strings.Repeat("x", 1<<19), "qos": 1}, message{"a", strings.Repeat("x", 1<<19), 1, false, 4}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := startBroker(t, options{})
			config := settings{"broker": "tcp://" + b.address}
			for k, v := range tt.config {
				config[k] = v
			}
			r := run(t, configured(t, config), tt.args)
			if r.Status != sdktest.Succeeded || r.Summary != fmt.Sprintf("published %d bytes to %s", len(tt.want.Text), tt.want.Topic) {
				t.Fatalf("got %+v", r)
			}
			if diff := cmp.Diff(tt.want, <-b.got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestTheConnectionIsKeptAndShared(t *testing.T) {
	t.Parallel()
	b := startBroker(t, options{})
	client := configured(t, settings{"broker": "tcp://" + b.address})
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			args := fmt.Sprintf(`{"topic": "a", "message": "x", "qos": %d}`, i%3)
			if r, err := client.Run(t.Context(), mqtt.Publish, args, sdktest.WithRun(sdk.Run{ID: fmt.Sprint(i), Attempt: 1})); err != nil || r.Status != sdktest.Succeeded {
				t.Errorf("got %+v, %v", r, err)
			}
		})
	}
	all.Wait()
	if t.Failed() {
		return
	}
	for range 20 {
		<-b.got
	}
	id := <-b.connects
	if len(b.connects) != 0 || !strings.HasPrefix(id, "butlerd") || len(id) > 23 {
		t.Errorf("connected as %s, and %d times more", id, len(b.connects))
	}
}

func TestABrokerThatWasRestarted(t *testing.T) {
	t.Parallel()
	b := startBroker(t, options{})
	client := configured(t, settings{"broker": "tcp://" + b.address})
	args := settings{"topic": "a", "message": "x", "qos": 1}
	if r := run(t, client, args); r.Status != sdktest.Succeeded {
		t.Fatalf("got %+v", r)
	}
	b.close()
	r := run(t, client, args)
	if r.Status != sdktest.Failed || r.Retry != sdktest.Default {
		t.Errorf("while it is away: %+v", r)
	}
	again := startBroker(t, options{address: b.address})
	if r := run(t, client, args); r.Status != sdktest.Succeeded {
		t.Errorf("when it is back: %+v", r)
	}
	if len(again.got) != 1 {
		t.Errorf("%d messages, want that of the last attempt", len(again.got))
	}
}

func TestWhoIsRefusedDoesNotTryAgain(t *testing.T) {
	t.Parallel()
	b := startBroker(t, options{password: "verysecret"})
	good := settings{"broker": "tcp://" + b.address, "username": "u", "password": "verysecret", "client_id": "me"}
	client := configured(t, good)
	if r := run(t, client, settings{"topic": "a", "message": "x"}); r.Status != sdktest.Succeeded {
		t.Errorf("with the password: %+v", r)
	}
	if id := <-b.connects; id != "me" {
		t.Errorf("connected as %s", id)
	}
	configure(t, client, settings{"broker": "tcp://" + b.address, "username": "u", "password": "wrong"})
	r := run(t, client, settings{"topic": "a", "message": "x"})
	if r.Status != sdktest.Failed || r.Retry != sdktest.Never || r.Err != "connecting to the broker: it refuses: not Authorized" {
		t.Errorf("with another: %+v", r)
	}
}

func TestTLS(t *testing.T) {
	t.Parallel()
	server, mine := newKeys(t), newKeys(t)
	known := x509.NewCertPool()
	known.AddCert(mine.pair.Leaf)
	b := startBroker(t, options{tls: &tls.Config{Certificates: []tls.Certificate{server.pair}, ClientCAs: known, ClientAuth: tls.RequireAndVerifyClientCert}})
	tests := map[string]struct {
		config settings
		err    string // what it begins with; empty: success
	}{
		"with the broker's certificate": {settings{"root_cert": server.cert}, ""},
		"insecurely":                    {settings{"insecure": true}, ""},
		"with that of another":          {settings{"root_cert": mine.cert}, "connecting to the broker: tls: failed to verify certificate: x509: certificate signed by unknown authority"},
		"without any":                   {settings{}, "connecting to the broker: tls: failed to verify certificate: x509: certificate signed by unknown authority"},
		"without a client's":            {settings{"insecure": true, "client_cert": nil, "client_key": nil}, "connecting to the broker: "},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := settings{"broker": "ssl://" + b.address, "client_cert": mine.cert, "client_key": mine.key}
			for k, v := range tt.config {
				config[k] = v
			}
			r := run(t, configured(t, config), settings{"topic": "a", "message": "x", "qos": 1})
			if (r.Status == sdktest.Succeeded) != (tt.err == "") || !strings.HasPrefix(r.Err, tt.err) || r.Retry == sdktest.Never {
				t.Errorf("got %+v", r)
			}
		})
	}
}

func TestABrokerThatSaysNothing(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		letIn bool
		want  string
	}{
		"when it is called":     {false, "connecting to the broker: "},
		"when it is to confirm": {true, "publishing to a: the broker did not answer in time"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := configured(t, settings{"broker": "tcp://" + mute(t, tt.letIn), "timeout": "1s"})
			from := time.Now()
			r := run(t, client, settings{"topic": "a", "message": "x", "qos": 1})
			if r.Status != sdktest.Failed || r.Retry != sdktest.Default || !strings.HasPrefix(r.Err, tt.want) || time.Since(from) > 5*time.Second {
				t.Errorf("after %s: %+v", time.Since(from), r)
			}
		})
	}
}

func TestAnotherConfigurationEndsTheConnectionOfTheFormer(t *testing.T) {
	t.Parallel()
	first, second := startBroker(t, options{}), startBroker(t, options{})
	client := configured(t, settings{"broker": "tcp://" + first.address})
	run(t, client, settings{"topic": "a", "message": "1", "qos": 1})
	configure(t, client, settings{"broker": "tcp://" + second.address})
	run(t, client, settings{"topic": "a", "message": "2", "qos": 1})
	if got := (<-first.got).Text + (<-second.got).Text; got != "12" {
		t.Errorf("published %q", got)
	}
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	late := time.After(10 * time.Second)
	for len(first.Server.Clients.GetByListener("l")) > 0 {
		select {
		case <-ticker.C:
		case <-late:
			t.Fatal("the first broker still has its client")
		}
	}
}

func TestAsAProcess(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "mqtt.exe") // Windows wants the ending, others do not mind
	build := exec.Command("go", "build", "-o", path, "./cmd")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		t.Fatal(err)
	}
	sdktest.Conformance(t, sdktest.Exec(t, path), sdktest.Calls{
		Config: settings{"broker": "tcp://" + mute(t, true), "timeout": "2m"}.text(t),
		Slow:   sdktest.Call{Action: mqtt.Publish, Arguments: `{"topic": "a", "message": "x", "qos": 1}`},
	})
}
