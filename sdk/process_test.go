package sdk_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	goplugin "github.com/hashicorp/go-plugin"

	"butlerd/sdk/handshake"
	actionv1 "butlerd/sdk/proto/butlerd/action/v1"
	"butlerd/sdk/sdktest"
)

// asPlugin is this binary as a plugin. Built with the race detector it would
// sleep for a second before it exits.
func asPlugin() *exec.Cmd {
	cmd := exec.Command(os.Args[0], rolePlugin)
	cmd.Env = append(os.Environ(), "GORACE=atexit_sleep_ms=0")
	return cmd
}

// startPlugin starts this binary as a plugin and begins an attempt that
// lingers. It returns when the attempt has begun.
func startPlugin(ctx context.Context, cmd *exec.Cmd, marker string, cleanup time.Duration) (*goplugin.Client, error) {
	process := goplugin.NewClient(&goplugin.ClientConfig{
		HandshakeConfig:  handshake.Config(),
		VersionedPlugins: handshake.Versions(nil),
		AllowedProtocols: []goplugin.Protocol{goplugin.ProtocolGRPC},
		Cmd:              cmd,
		GRPCDialOptions:  handshake.DialOptions(),
		Logger:           hclog.NewNullLogger(),
	})
	protocol, err := process.Client()
	if err != nil {
		return process, err
	}
	service, err := protocol.Dispense(handshake.Service)
	if err != nil {
		return process, err
	}
	stream, err := service.(*handshake.Client).Execute(ctx, &actionv1.ExecuteRequest{
		Action:        "linger",
		ArgumentsJson: fmt.Appendf(nil, `{"marker": %q, "cleanup": %q}`, marker, cleanup),
	})
	if err != nil {
		return process, err
	}
	_, err = stream.Recv()
	return process, err
}

func TestActionsMayCleanUpWhenTheHostStopsThePlugin(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		cleanup time.Duration
		clean   bool
		limit   time.Duration
	}{
		"for a moment":       {500 * time.Millisecond, true, 2 * time.Second},
		"but not for longer": {time.Hour, false, 2 * time.Second},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			marker := filepath.Join(t.TempDir(), "marker")
			process, err := startPlugin(t.Context(), asPlugin(), marker, tt.cleanup)
			defer process.Kill()
			if err != nil {
				t.Fatal(err)
			}
			began := time.Now()
			process.Kill()
			if took := time.Since(began); took > tt.limit {
				t.Errorf("stopping took %s: the plugin had to be killed", took)
			}
			if _, err := os.Stat(marker); (err == nil) != tt.clean {
				t.Errorf("cleaned up: %v, want %t", err, tt.clean)
			}
		})
	}
}

func TestServeConforms(t *testing.T) {
	t.Parallel()
	marker := filepath.Join(t.TempDir(), "marker")
	sdktest.Conformance(t, sdktest.Exec(t, os.Args[0], rolePlugin), sdktest.Calls{
		Slow: sdktest.Call{Action: "linger", Arguments: fmt.Sprintf(`{"marker": %q}`, marker)},
	})
}
