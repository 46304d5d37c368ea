package slack_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"butlerd/plugins/slack"
	"butlerd/sdk/sdktest"
)

// webhook is a receiver that notes what it gets.
type webhook struct {
	*httptest.Server
	mu     sync.Mutex
	bodies []string
}

// secretPath stands for the part of a webhook's address that lets one in.
const secretPath = "/services/T000/B000/verysecret"

func newWebhook(t *testing.T, answer http.HandlerFunc) *webhook {
	t.Helper()
	w := &webhook{}
	w.Server = httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.mu.Lock()
		w.bodies = append(w.bodies, r.Method+" "+r.URL.Path+" "+r.Header.Get("Content-Type")+" "+string(body))
		w.mu.Unlock()
		answer(out, r)
	}))
	t.Cleanup(w.Close)
	return w
}

// noted is what it got so far.
func (w *webhook) noted() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.bodies)
}

func ok(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok") }

// configured is the plugin with that webhook.
func configured(t *testing.T, url, timeout string) *sdktest.Client {
	t.Helper()
	client := sdktest.Serve(t, slack.Plugin())
	faults, err := client.Configure(t.Context(), config(url, timeout))
	if err != nil || len(faults) > 0 {
		t.Fatal(faults, err)
	}
	return client
}

func config(url, timeout string) string {
	text, _ := json.Marshal(map[string]string{"webhook_url": url + secretPath, "timeout": timeout})
	return string(text)
}

func run(t *testing.T, c *sdktest.Client, arguments string) *sdktest.Record {
	t.Helper()
	r, err := c.Run(t.Context(), slack.Message, arguments)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestMessagesAreThoseOfButler(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ arguments, want string }{
		"with an emoji": {
			`{"channel": "#general", "from_user": "me", "text": "hello å", "emoji": ":+1:"}`,
			`{"username":"me","channel":"#general","icon_emoji":":+1:","blocks":[{"type":"section","text":{"type":"plain_text","text":"hello å"}}]}`,
		},
		"without one": {
			`{"channel": "#general", "from_user": "me", "text": "hello"}`,
			`{"username":"me","channel":"#general","blocks":[{"type":"section","text":{"type":"plain_text","text":"hello"}}]}`,
		},
		"with what JSON may escape": {
			`{"channel": "#c", "from_user": "u", "text": "<a> & \"b\"\n"}`,
			`{"username":"u","channel":"#c","blocks":[{"type":"section","text":{"type":"plain_text","text":"<a> & \"b\"\n"}}]}`,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			hook := newWebhook(t, ok)
			r := run(t, configured(t, hook.URL, "10s"), tt.arguments)
			if r.Status != sdktest.Succeeded || r.Summary == "" || string(r.Result) != `{"blocks":1}` {
				t.Errorf("got %+v", r)
			}
			want := []string{"POST " + secretPath + " application/json; charset=utf-8 " + tt.want}
			if diff := cmp.Diff(want, hook.noted()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAnAnswerDecidesWhatBecomesOfTheAttempt(t *testing.T) {
	t.Parallel()
	answer := func(status int, retryAfter, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			if retryAfter != "" {
				w.Header().Set("Retry-After", retryAfter)
			}
			w.Header().Set("Location", "/elsewhere")
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		}
	}
	tests := map[string]struct {
		answer http.HandlerFunc
		retry  sdktest.Retry
		after  time.Duration
		err    string
	}{
		"it is refused":                {answer(404, "", "no_team\nmore"), sdktest.Never, 0, "Slack answered 404 Not Found: no_team"},
		"it is refused, and echoed":    {answer(403, "", "not "+secretPath), sdktest.Never, 0, "Slack answered 403 Forbidden: not (hidden)"},
		"there are too many":           {answer(429, "30", "rate_limited"), sdktest.After, 30 * time.Second, "Slack answered 429 Too Many Requests: rate_limited"},
		"there are too many, no time":  {answer(429, "soon", ""), sdktest.Default, 0, "Slack answered 429 Too Many Requests"},
		"Slack is broken":              {answer(500, "", ""), sdktest.Default, 0, "Slack answered 500 Internal Server Error"},
		"Slack is away for some time":  {answer(503, "5", ""), sdktest.After, 5 * time.Second, "Slack answered 503 Service Unavailable"},
		"it is told to go elsewhere":   {answer(307, "", "x"), sdktest.Never, 0, "Slack answered 307 Temporary Redirect; redirects are not followed, give the address it leads to"},
		"the answer is cut":            {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, sdktest.Default, 0, "calling Slack: EOF"},
		"the answer does not come":     {hang, sdktest.Default, 0, "calling Slack: no answer within 1s"},
		"the body ends before it does": {cut, sdktest.Never, 0, "Slack answered 400 Bad Request: ab"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			hook := newWebhook(t, tt.answer)
			r := run(t, configured(t, hook.URL, "1s"), `{"channel": "#c", "from_user": "u", "text": "m"}`)
			if r.Status != sdktest.Failed || r.Retry != tt.retry || r.RetryAfter != tt.after || r.Err != tt.err {
				t.Errorf("got %+v", r)
			}
			if got := hook.noted(); len(got) != 1 {
				t.Errorf("requests: %v", got)
			}
		})
	}
}

// hang answers nothing until its client leaves.
func hang(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

// cut promises more than it sends.
func cut(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Length", "100")
	w.WriteHeader(http.StatusBadRequest)
	_, _ = io.WriteString(w, "ab")
}

func TestNoErrorTellsTheWebhook(t *testing.T) {
	t.Parallel()
	away := httptest.NewServer(nil)
	away.Close()
	for _, url := range []string{away.URL, "https://" + strings.TrimPrefix(newWebhook(t, ok).URL, "http://"), "http://no-such-host.invalid"} {
		r := run(t, configured(t, url, "5s"), `{"channel": "#c", "from_user": "u", "text": "m"}`)
		if r.Status != sdktest.Failed || r.Retry != sdktest.Default || !strings.HasPrefix(r.Err, "calling Slack: ") || strings.Contains(r.Err, "services") {
			t.Errorf("%s: got %+v", url, r)
		}
	}
}

func TestConfigurationIsChecked(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ config, want string }{
		"nothing":        {`{}`, "webhook_url: is required"},
		"no address":     {`{"webhook_url": "hooks.example.com/verysecret"}`, "webhook_url: must be an address that begins with https:// or http://"},
		"other scheme":   {`{"webhook_url": "ftp://hooks.example.com/verysecret"}`, "webhook_url: must be an address that begins with https:// or http://"},
		"broken address": {`{"webhook_url": "https://verysecret:x/%zz"}`, "webhook_url: must be an address that begins with https:// or http://"},
		"a fragment":     {`{"webhook_url": "https://hooks.example.com/#verysecret"}`, "webhook_url: must be an address without a # part, which is never sent"},
		"short timeout":  {`{"webhook_url": "https://hooks.example.com/x", "timeout": "1ms"}`, "timeout: must be between 1s and 10m"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			faults, err := sdktest.Serve(t, slack.Plugin()).Configure(t.Context(), tt.config)
			if err != nil || len(faults) != 1 || faults[0].Path.String()+": "+faults[0].Summary != tt.want {
				t.Errorf("got %v, %v", faults, err)
			}
		})
	}
}

func TestAsAProcess(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "slack.exe") // Windows wants the ending, others do not mind
	build := exec.Command("go", "build", "-o", path, "./cmd")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		t.Fatal(err)
	}
	sdktest.Conformance(t, sdktest.Exec(t, path), sdktest.Calls{
		Config: config(newWebhook(t, hang).URL, "2m"),
		Slow:   sdktest.Call{Action: slack.Message, Arguments: `{"channel": "#c", "from_user": "u", "text": "m"}`},
	})
}
