package loadscripts_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"butlerd/plugins/mqtt"
	"butlerd/plugins/newrelic"
	"butlerd/plugins/qlik-sense-app/enginesim"
	"butlerd/plugins/qlik-sense-reload/qrssim"
	"butlerd/plugins/slack"
	"butlerd/sdk"
	"butlerd/sdk/handshake"
)

// TestMain lets the test binary be two things: the tests, and the plugins for messages.
func TestMain(m *testing.M) {
	if os.Getenv(handshake.CookieKey) == "" {
		os.Exit(m.Run())
	}
	plugins := map[string]func() sdk.Plugin{mqtt.Name: mqtt.Plugin, slack.Name: slack.Plugin, newrelic.Name: newrelic.Plugin}
	sdk.Serve(plugins[os.Args[1]]())
}

// Tasks of Butler's own records, which the simulator has.
const (
	taskApp1 = "0fe447a9-ba1f-44a9-ac23-68c3a1d88d8b"
	taskApp2 = "7552d9fc-d1bb-4975-9a38-18357de531ea"
	taskApp3 = "fb0f317d-da91-4b86-aafa-0174ae1e8c8f"
	noTask   = "11111111-2222-4333-8444-555555555555"
)

// world is a program, and all that it talks to.
type world struct {
	url    string
	dir    string // its subdirectories from, to, gone, made and qvd are approved
	qrs    *qrssim.Simulator
	engine *enginesim.Simulator
	heard  *receiver
}

// patience is how long the program may take to start, on a machine that does other
// things as well.
const patience = 5 * time.Minute

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{dir: filepath.ToSlash(t.TempDir()), heard: &receiver{}}
	for _, name := range []string{"from", "to", "gone", "made", "qvd"} {
		if err := os.Mkdir(filepath.Join(w.dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	w.startSites(t)
	web := httptest.NewServer(w.heard)
	t.Cleanup(web.Close)
	config := filepath.Join(w.dir, "config.hcl")
	if err := os.WriteFile(config, []byte(w.config(t, web.URL, w.heard.startBroker(t))), 0o600); err != nil {
		t.Fatal(err)
	}
	w.serve(t, config)
	return w
}

func (w *world) startSites(t *testing.T) {
	t.Helper()
	seed, err := qrssim.LoadSeed(filepath.Join("..", "..", "plugins", "qlik-sense-reload", "qrssim", "seed_butler.json"))
	if err != nil {
		t.Fatal(err)
	}
	w.qrs, err = qrssim.New(qrssim.Options{Dir: filepath.Join(w.dir, "qrs"), Seed: seed, ReloadTime: 50 * time.Millisecond, TriggerTime: -1})
	if err == nil {
		err = w.qrs.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.qrs.Stop(context.Background()) })
	w.engine, err = enginesim.New(enginesim.Options{Dir: filepath.Join(w.dir, "engine"), ReloadTime: 50 * time.Millisecond})
	if err == nil {
		err = w.engine.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.engine.Stop(context.Background()) })
}

func (w *world) config(t *testing.T, web, broker string) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	certs := func(root, cert, key string) string {
		return fmt.Sprintf("root_cert = %q\n client_cert = %q\n client_key = %q", root, cert, key)
	}
	q, e := w.qrs.Certs(), w.engine.Certs()
	var b strings.Builder
	fmt.Fprintf(&b, "host {\n listen = \"127.0.0.1:0\"\n data_dir = %q\n}\n", w.dir+"/data")
	fmt.Fprintf(&b, "api {\n files {\n copy {\n from = %q\n to = %q\n }\n", w.dir+"/from", w.dir+"/to")
	fmt.Fprintf(&b, " move {\n from = %q\n to = %q\n }\n delete = [%q]\n create = [%q]\n qvd = %q\n }\n}\n", w.dir+"/from", w.dir+"/to", w.dir+"/gone", w.dir+"/made", w.dir+"/qvd")
	plugin := func(name, path, config string) {
		fmt.Fprintf(&b, "plugin %q {\n%s start_timeout = \"60s\"\n config {\n %s\n }\n}\n", name, path, config)
	}
	plugin("qlik-sense-reload", "", fmt.Sprintf("host = %q\n %s", w.qrs.Addr(), certs(q.Root, q.Client, q.ClientKey)))
	plugin("qlik-sense-app", "", fmt.Sprintf("host = %q\n %s", w.engine.Addr(), certs(e.Root, e.Client, e.ClientKey)))
	ours := func(name string) string { return fmt.Sprintf(" path = %q\n args = [%q]\n", self, name) }
	plugin(mqtt.Name, ours(mqtt.Name), fmt.Sprintf("broker = %q", "tcp://"+broker))
	plugin(slack.Name, ours(slack.Name), fmt.Sprintf("webhook_url = %q", web+"/slack"))
	plugin(newrelic.Name, ours(newrelic.Name), fmt.Sprintf("account_id = \"1\"\n insert_key = \"NRAK-test\"\n events_url = %q\n metrics_url = %q", web+"/events", web+"/metrics"))
	return b.String()
}

// serve builds the program and starts it.
func (w *world) serve(t *testing.T, config string) {
	t.Helper()
	program := filepath.Join(w.dir, "butlerd.exe") // Windows wants the ending, others do not mind
	if out, err := exec.Command("go", "build", "-o", program, "butlerd/cmd/butlerd").CombinedOutput(); err != nil {
		t.Fatalf("building the program: %v: %s", err, out)
	}
	log, err := os.Create(filepath.Join(w.dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "serve", "-config", config)
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt) // its plugins end with it; Windows knows no such signal
		ended := time.AfterFunc(time.Minute, func() { _ = cmd.Process.Kill() })
		defer ended.Stop()
		if errors.Is(cmd.Process.Signal(os.Interrupt), errors.ErrUnsupported) {
			_ = cmd.Process.Kill()
		}
		_ = cmd.Wait()
		_ = log.Close()
	})
	w.url = "http://" + listening(t, log.Name())
}

// listening waits until the log says where the host listens and that it is ready.
func listening(t *testing.T, path string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		said, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		_, rest, _ := strings.Cut(string(said), `msg="host ready" listen=`)
		if addr, _, whole := strings.Cut(rest, " "); whole {
			return addr
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("the host did not become ready:\n%s", said)
		}
	}
}

// receiver is who gets the messages: Slack, New Relic and the clients of a broker.
type receiver struct {
	mu  sync.Mutex
	got []string
}

func (r *receiver) hear(what string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.got = append(r.got, what)
}

// heard says whether something came that contains all of the texts.
func (r *receiver) heard(texts ...string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, got := range r.got {
		all := true
		for _, text := range texts {
			all = all && strings.Contains(got, text)
		}
		if all {
			return true
		}
	}
	return false
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	body, _ := io.ReadAll(q.Body)
	r.hear(q.URL.Path + " " + string(body))
	if q.URL.Path == "/slack" {
		_, _ = io.WriteString(w, "ok")
		return
	}
	w.WriteHeader(http.StatusAccepted)
}
