package host_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"
	"testing/synctest"

	"butlerd/host/hosttest"
	"butlerd/sdk"
)

func TestMain(m *testing.M) {
	if err := hosttest.Warm(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// arguments are those of the test plugin's actions.
type arguments struct {
	Text   string `hcl:"text,optional"`
	Secret string `hcl:"secret,optional" sensitive:"true"`
}

type settings struct {
	Prefix string `hcl:"prefix" default:""`
}

type answer struct {
	Text string `json:"text"`
}

// tester is a plugin with an action that succeeds, one that fails and one that
// works until it is asked to end. It also plays the action that the v4 API uses.
func tester() sdk.Plugin {
	prefix := ""
	echo := func(_ context.Context, run *sdk.Run, a arguments) (answer, error) {
		run.Log.Info("echo", "text", a.Text)
		run.Summary(prefix + a.Text)
		return answer{Text: prefix + a.Text}, nil
	}
	type task struct {
		TaskID string `hcl:"task_id"`
	}
	return sdk.Plugin{
		Name:    "tester",
		Version: "1.0.0",
		Configure: sdk.NewConfigure(func(_ context.Context, s settings) error {
			if s.Prefix == "bad" {
				return sdk.At(errors.New("must not be bad"), "prefix")
			}
			prefix = s.Prefix
			return nil
		}),
		Actions: []sdk.Action{
			sdk.NewAction("echo", echo),
			sdk.NewAction("fail", func(context.Context, *sdk.Run, arguments) (answer, error) {
				return answer{}, errors.New("failed as asked")
			}),
			sdk.NewAction("wait", func(ctx context.Context, _ *sdk.Run, _ arguments) (answer, error) {
				<-ctx.Done()
				return answer{}, ctx.Err()
			}),
			sdk.NewAction("qlik-sense-reload", func(context.Context, *sdk.Run, task) (answer, error) {
				return answer{}, nil
			}),
		},
	}
}

const pluginBlock = `
plugin "tester" {
}
`

// start starts a host with the test plugin.
func start(t *testing.T, config string) *hosttest.Host {
	t.Helper()
	return hosttest.Start(t, pluginBlock+config, hosttest.Options{
		Plugins: map[string]func() sdk.Plugin{"tester": tester},
	})
}

// inBubble runs a test in virtual time.
func inBubble(t *testing.T, name string, test func(t *testing.T)) {
	t.Run(name, func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, test)
	})
}
