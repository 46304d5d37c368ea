package exec

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"butlerd/sdk"
)

// stopGrace is how long a program has to end once it was asked to: the host waits
// for 10 seconds by default, and for 2 when it stops the plugin.
const stopGrace = 1500 * time.Millisecond

// Ended is the result.
type Ended struct {
	ExitCode int `json:"exit_code" doc:"the program's; -1 when a signal ended it"`
}

func (p *plugin) exec(ctx context.Context, run *sdk.Run, args Arguments) (Ended, error) {
	config := p.config.Load()
	path, err := config.program(&args)
	if err != nil {
		return Ended{}, err
	}
	cmd := exec.CommandContext(ctx, path, args.Command[1:]...)
	cmd.Dir = args.Dir
	cmd.Env = config.environ(args.Env)
	if args.Stdin != "" {
		cmd.Stdin = strings.NewReader(args.Stdin)
	}
	// The error of starting would name the program, not the directory.
	if err := checkDir(args.Dir); err != nil {
		return Ended{}, fmt.Errorf("running %s: %w", filepath.Base(path), sdk.At(err, "dir"))
	}
	out, err := newOutput(run)
	if err != nil {
		return Ended{}, fmt.Errorf("running %s: %w", filepath.Base(path), err)
	}
	err = supervise(ctx, cmd, out)
	return ended(ctx, cmd, args.OKExitCodes, out, err)
}

// checkDir is no promise: it tells what is wrong where something is. A directory
// may come back, so it is worth another attempt.
func checkDir(dir string) error {
	if dir == "" {
		return nil
	}
	info, err := os.Stat(dir)
	if err == nil && !info.IsDir() {
		err = fmt.Errorf("%s is not a directory", dir)
	}
	return err
}

// supervise runs the program to its end, and ends what it leaves running. The
// error is that of starting or waiting, in the latter case there is a state.
func supervise(ctx context.Context, cmd *exec.Cmd, out *output) error {
	grp := &group{}
	cmd.Stdout, cmd.Stderr = out.out.w, out.err.w
	cmd.WaitDelay = stopGrace
	cmd.Cancel = func() error { return grp.stop(context.Cause(ctx)) }
	prepareGroup(cmd)
	err := start(cmd, grp, out.run)
	out.started()
	if err == nil {
		err = cmd.Wait()
	}
	grp.end()
	out.finish()
	return err
}

// start starts the program and has it watched. The group is locked until it is
// known: the context may end meanwhile.
func start(cmd *exec.Cmd, grp *group, run *sdk.Run) error {
	grp.mu.Lock()
	defer grp.mu.Unlock()
	if err := cmd.Start(); err != nil {
		return err
	}
	if err := grp.watch(cmd.Process.Pid); err != nil {
		run.Log.Warn("the program is not watched: it may outlive the plugin", "err", err)
	}
	return nil
}

// ended says how the attempt ended. A program that ended well after the attempt
// was cancelled did so because it was asked to.
func ended(ctx context.Context, cmd *exec.Cmd, ok []int, out *output, err error) (Ended, error) {
	name := filepath.Base(cmd.Path)
	var exit *exec.ExitError
	switch {
	case cmd.ProcessState == nil:
		return Ended{}, fmt.Errorf("starting %s: %w", name, err)
	case err != nil && ctx.Err() != nil:
		return Ended{cmd.ProcessState.ExitCode()}, fmt.Errorf("%s was ended: %w", name, context.Cause(ctx))
	case err != nil && !errors.As(err, &exit) && !errors.Is(err, exec.ErrWaitDelay):
		out.run.Log.Warn("the program did not take its standard input", "err", err)
	}
	result := Ended{ExitCode: cmd.ProcessState.ExitCode()}
	if slices.Contains(ok, result.ExitCode) {
		return result, nil
	}
	text := fmt.Sprintf("%s ended with exit code %d", name, result.ExitCode)
	if result.ExitCode < 0 {
		text = fmt.Sprintf("%s was ended: %s", name, cmd.ProcessState) // "signal: killed"
	}
	if last := out.lastWords(); last != "" {
		text += ": " + last
	}
	return result, errors.New(text)
}
