package sdktest

import (
	"bytes"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	goplugin "github.com/hashicorp/go-plugin"

	"butlerd/sdk/handshake"
)

// startLimit is how long a plugin may take until it can be called.
const startLimit = 20 * time.Second

// Exec starts a built plugin as a host does, over go-plugin and with as little
// environment, and ends it with the test. What it wrote to standard error is
// shown when the test fails. It does not work inside a synctest bubble.
func Exec(t testing.TB, path string, args ...string) *Client {
	t.Helper()
	stderr := &buffer{}
	cmd := exec.Command(path, args...)
	cmd.Env = environment()
	process := goplugin.NewClient(&goplugin.ClientConfig{
		HandshakeConfig:  handshake.Config(),
		VersionedPlugins: handshake.Versions(nil),
		AllowedProtocols: []goplugin.Protocol{goplugin.ProtocolGRPC},
		Cmd:              cmd,
		SkipHostEnv:      true,
		AutoMTLS:         true,
		StartTimeout:     startLimit,
		GRPCDialOptions:  handshake.DialOptions(),
		Logger:           hclog.NewNullLogger(),
		Stderr:           stderr,
	})
	t.Cleanup(func() {
		process.Kill()
		if t.Failed() {
			t.Logf("standard error of %s:\n%s", path, stderr.String())
		}
	})
	return &Client{
		Wire: dispense(t, process).ActionServiceClient,
		stop: func(limit time.Duration) bool { return stop(process, limit) },
		kill: cmd.Process.Kill,
	}
}

func dispense(t testing.TB, process *goplugin.Client) *handshake.Client {
	t.Helper()
	protocol, err := process.Client()
	if err != nil {
		t.Fatalf("starting the plugin: %v", err)
	}
	service, err := protocol.Dispense(handshake.Service)
	if err != nil {
		t.Fatal(err)
	}
	return service.(*handshake.Client)
}

// stop tells whether the process ended by itself within the limit. go-plugin's
// Kill asks, waits for 2 seconds and kills then, and does not say which.
func stop(process *goplugin.Client, limit time.Duration) bool {
	began := time.Now()
	process.Kill()
	return process.Exited() && time.Since(began) < limit
}

// environment is what programs need to run at all. A host gives no more.
func environment() []string {
	var env []string
	for _, key := range []string{"PATH", "HOME", "TMPDIR", "TEMP", "TMP", "SYSTEMROOT", "USERPROFILE"} {
		if value, ok := os.LookupEnv(key); ok {
			env = append(env, key+"="+value)
		}
	}
	return env
}

// buffer keeps the beginning of what a process says.
type buffer struct {
	mu   sync.Mutex
	data bytes.Buffer
}

const bufferLimit = 1 << 20

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.data.Write(p[:min(len(p), bufferLimit-b.data.Len())])
	return len(p), nil
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.data.String()
}
