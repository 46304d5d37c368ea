package pgtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5"
)

// errGone says that there is no process to do something with.
var errGone = errors.New("the server does not run")

// run runs one of the programs to its end.
func (s *Server) run(name string, args ...string) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, filepath.Join(s.bin, name), args...)
	s.dress(cmd)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", name, err, out)
	}
	return nil
}

// dress gives a program the right user, directory and environment. The PG…
// variables of the tests' environment are not for it.
func (s *Server) dress(cmd *exec.Cmd) {
	cmd.Dir = s.dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C", "HOME=" + s.dir}
	s.owner.become(cmd)
}

// start starts the server on the data that is there, and waits until it answers.
func (s *Server) start() error {
	if s.cmd != nil {
		return errors.New("the server runs already")
	}
	log, err := os.OpenFile(s.logPath(), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close() // the process has its own
	args := append([]string{"-D", s.data(), "-p", fmt.Sprint(s.port)}, s.args...)
	cmd := exec.Command(filepath.Join(s.bin, "postgres"), args...)
	s.dress(cmd)
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		return err
	}
	s.cmd, s.done = cmd, make(chan struct{})
	go func(done chan struct{}) { // ends with the process
		defer close(done)
		_ = cmd.Wait()
	}(s.done)
	return s.waitReady()
}

// waitReady waits until the server takes connections.
func (s *Server) waitReady() error {
	err := s.until(func(ctx context.Context) (bool, error) {
		select {
		case <-s.done:
			return false, errGone
		default:
		}
		c, err := pgx.Connect(ctx, s.SocketURL("postgres"))
		if err != nil {
			return false, nil // starting, or recovering
		}
		return true, c.Close(ctx)
	})
	if err != nil {
		return fmt.Errorf("starting PostgreSQL: %w\n%s", err, s.logTail())
	}
	return nil
}

// until asks again and again until a condition holds.
func (s *Server) until(holds func(context.Context) (bool, error)) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		if ok, err := holds(ctx); ok || err != nil {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Stop ends the server. A server that was paused is resumed first. Stopping one
// that does not run does nothing.
func (s *Server) Stop(mode Mode) error {
	if s.cmd == nil {
		return nil
	}
	if err := s.Resume(); err != nil && !errors.Is(err, errGone) {
		return err
	}
	if err := stopProcess(s.cmd.Process, mode); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	return s.reap()
}

// Kill ends the server and its children with SIGKILL, as a power cut does.
func (s *Server) Kill() error {
	if s.cmd == nil {
		return nil
	}
	killAll(s.cmd.Process.Pid)
	return s.reap()
}

// reap waits for the process, which keeps its number for us until then.
func (s *Server) reap() error {
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-s.done:
		s.cmd = nil
		return nil
	case <-timer.C:
		return errors.New("PostgreSQL does not end")
	}
}

// Restart starts the server again where it was. One that runs is stopped first,
// with Fast. It returns when connections are taken.
func (s *Server) Restart() error {
	return errors.Join(s.Stop(Fast), s.start())
}

// Pause stops the server and its children in their tracks (SIGSTOP), until
// Resume. Connections stay open and nothing is answered.
func (s *Server) Pause() error {
	if s.cmd == nil {
		return errGone
	}
	return pauseAll(s.cmd.Process.Pid)
}

// Resume lets a paused server go on.
func (s *Server) Resume() error {
	if s.cmd == nil {
		return errGone
	}
	return resumeAll(s.cmd.Process.Pid)
}

// remove ends the server and removes its directory. It is repeatable.
func (s *Server) remove() error {
	return errors.Join(s.Kill(), os.RemoveAll(s.dir))
}

func (s *Server) logPath() string { return filepath.Join(s.dir, "log") }

// logTail is the end of what the server has logged.
func (s *Server) logTail() string {
	const most = 4000
	data, err := os.ReadFile(s.logPath())
	if err != nil {
		return err.Error()
	}
	return string(data[max(0, len(data)-most):])
}
