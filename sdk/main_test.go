package sdk_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	"butlerd/sdk"
)

// The roles in which this test binary starts itself, told by its first
// argument: a host passes no environment on.
const (
	rolePlugin = "as-plugin"
	roleHost   = "as-host"
)

func TestMain(m *testing.M) {
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case rolePlugin:
			sdk.Serve(lingering())
			return
		case roleHost:
			beHost(os.Args[2])
			return
		}
	}
	os.Exit(m.Run())
}

type lingerArgs struct {
	Cleanup time.Duration `hcl:"cleanup" default:"0s"`
	Marker  string        `hcl:"marker" doc:"a file to write after cleaning up"`
}

// lingering is a plugin whose action only ends by its context, cleans up and
// leaves a file behind.
func lingering() sdk.Plugin {
	linger := func(ctx context.Context, run *sdk.Run, args lingerArgs) (struct{}, error) {
		fmt.Println("this goes to the plugin's log, not into the handshake")
		run.Log.Info("started")
		<-ctx.Done()
		time.Sleep(args.Cleanup)
		err := os.WriteFile(args.Marker, []byte("clean"), 0o600)
		return struct{}{}, errors.Join(ctx.Err(), err)
	}
	return sdk.Plugin{Name: "lingering", Actions: []sdk.Action{sdk.NewAction("linger", linger)}}
}
