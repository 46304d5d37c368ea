// Command greeter is a first plugin of butlerd: one action, a few arguments,
// and each thing an action can do with its run.
package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"butlerd/sdk"
)

func main() {
	sdk.Serve(plugin())
}

func plugin() sdk.Plugin {
	return sdk.Plugin{
		Name:    "greeter",
		Version: "1.0.0",
		Doc:     "Greets people, to show how a plugin is made.",
		Actions: []sdk.Action{
			sdk.NewAction("greet", greet).WithDoc("Says a greeting, as often as wanted."),
		},
	}
}

// Greet is the arguments of the action block. The tags are all that the host
// needs to check a configuration, and all that the help text is made of.
type Greet struct {
	Name     string        `hcl:"name" doc:"whom to greet"`
	Greeting string        `hcl:"greeting" default:"Hello" doc:"what to say"`
	Times    int           `hcl:"times" default:"1" doc:"how often to say it"`
	Pause    time.Duration `hcl:"pause" default:"0s" doc:"how long to wait before each time"`
	Fail     string        `hcl:"fail,optional" enum:"once,always,never_again,unknown,panic" doc:"end with an error, to try out what the host does then"`
}

// Validate says what tags cannot. At tells which argument is meant, so that the
// host can show its line in config.hcl.
func (g *Greet) Validate() error {
	if g.Times < 1 || g.Times > 10_000 {
		return sdk.At(errors.New("must be between 1 and 10000"), "times")
	}
	return nil
}

// Greeting is the result, which the host keeps with the run.
type Greeting struct {
	Text string `json:"text" doc:"what was said each time"`
	Said int    `json:"said" doc:"how often it was said"`
}

// greet is called for each attempt of each run, concurrently.
func greet(ctx context.Context, run *sdk.Run, args Greet) (Greeting, error) {
	result := Greeting{Text: fmt.Sprintf("%s, %s!", args.Greeting, args.Name)}
	run.Log.Info("greeting", "name", args.Name, "attempt", run.Attempt)
	for result.Said < args.Times {
		if err := wait(ctx, args.Pause); err != nil {
			return result, err // what was said so far is kept all the same
		}
		fmt.Fprintln(run.Output(), result.Text)
		result.Said++
		run.Progress(int64(result.Said), int64(args.Times), "greeting "+args.Name)
	}
	run.Summary(fmt.Sprintf("greeted %s %d times", args.Name, result.Said))
	return result, failure(args.Fail, run.Attempt)
}

// wait is a sleep that ends when the run is cancelled or out of time.
func wait(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return ctx.Err()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// failure makes the error that was asked for. Its kind tells the host whether
// another attempt makes sense.
func failure(how string, attempt int) error {
	err := errors.New("failed as asked")
	switch how {
	case "once":
		if attempt > 1 {
			return nil
		}
		return sdk.RetryAfter(time.Second, err)
	case "always":
		return err
	case "never_again":
		return sdk.Permanent(err)
	case "unknown":
		return sdk.Lost(err)
	case "panic":
		panic("panicked as asked")
	}
	return nil
}
