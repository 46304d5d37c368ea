package plugin

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"time"

	hplugin "github.com/hashicorp/go-plugin"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"

	"butlerd/sdk/handshake"
)

// execLauncher starts a plugin as a process of its own, through go-plugin.
type execLauncher struct {
	spec      Spec
	socketDir string
	redact    func(string) string
	log       *slog.Logger
}

// letGoAfter is how long go-plugin may still wait for the pipes of a process
// that is dead: a child that has left the process's group may hold them open.
const letGoAfter = time.Second

// killAfter bounds how long go-plugin may take to end a process before its whole
// group is killed. go-plugin itself gives the process two seconds, but then waits
// for its pipes, which a grandchild may hold open for ever.
const killAfter = 3 * time.Second

func (l execLauncher) launch(ctx context.Context) (*process, error) {
	cmd, sum, err := l.command()
	if err != nil {
		return nil, err
	}
	words := &tail{limit: 8 << 10}
	client := hplugin.NewClient(l.clientConfig(cmd, words))
	dispensed, err := connect(client)
	if err != nil {
		end(client, failedGroup(cmd), l.log)
		return nil, explain(err, words.String())
	}
	grp, err := newGroup(cmd)
	if err != nil {
		end(client, group{}, l.log)
		return nil, err
	}
	health := healthv1.NewHealthClient(dispensed.Conn)
	return &process{
		client:    dispensed.ActionServiceClient,
		died:      dispensed.Died,
		pid:       cmd.Process.Pid,
		sum:       sum,
		check:     func(ctx context.Context) error { return checkHealth(ctx, health) },
		stop:      func() { end(client, grp, l.log) },
		kill:      grp.kill,
		lastWords: words.String,
	}, nil
}

func (l execLauncher) command() (cmd *exec.Cmd, sum string, err error) {
	path := l.spec.Command[0]
	if !l.spec.SelfExec {
		if path, sum, err = checkBinary(path, l.spec.SHA256); err != nil {
			return nil, "", err
		}
	}
	cmd = exec.Command(path, l.spec.Command[1:]...)
	if l.spec.SelfExec {
		cmd.Args[0] = os.Args[0] // in lists of processes it is the program, not /proc/self/exe
	}
	cmd.Dir = l.spec.Dir
	cmd.Env = environ(l.spec.Env)
	prepareGroup(cmd)
	return cmd, sum, nil
}

func (l execLauncher) clientConfig(cmd *exec.Cmd, words *tail) *hplugin.ClientConfig {
	output := &lineWriter{log: l.log, redact: l.redact, limit: 8 << 10}
	return &hplugin.ClientConfig{
		HandshakeConfig:  handshake.Config(),
		VersionedPlugins: handshake.Versions(nil),
		Cmd:              cmd,
		AllowedProtocols: []hplugin.Protocol{hplugin.ProtocolGRPC},
		AutoMTLS:         true,
		SkipHostEnv:      true, // else the host's environment wins over the plugin's own
		StartTimeout:     l.spec.StartTimeout,
		Logger:           newLogger(l.log, l.redact),
		Stderr:           words,
		SyncStdout:       output,
		SyncStderr:       output,
		GRPCDialOptions:  handshake.DialOptions(),
		UnixSocketConfig: &hplugin.UnixSocketConfig{TempDir: l.socketDir},
	}
}

func connect(client *hplugin.Client) (*handshake.Client, error) {
	protocol, err := client.Client()
	if err != nil {
		return nil, err
	}
	dispensed, err := protocol.Dispense(handshake.Service)
	if err != nil {
		return nil, err
	}
	c, ok := dispensed.(*handshake.Client)
	if !ok {
		return nil, fmt.Errorf("dispensing %s: got a %T", handshake.Service, dispensed)
	}
	return c, nil
}

// explain adds what the process said last, for errors of go-plugin speak to
// programmers only.
func explain(err error, words string) error {
	text := err.Error()
	switch {
	case strings.Contains(text, "incompatible API version"), strings.Contains(text, "Incompatible API version"):
		return fmt.Errorf("it speaks another version of the contract than this host (%d): update the plugin or the host", handshake.Version)
	case strings.Contains(text, "Unrecognized remote plugin message"):
		err = errors.New("it is not a butlerd plugin: it did not answer the handshake")
	case strings.Contains(text, "timeout while waiting"):
		err = errors.New("it did not answer the handshake in time")
	case strings.Contains(text, "plugin exited before we could connect"):
		err = errors.New("it exited before the handshake")
	}
	if words == "" {
		return err
	}
	return fmt.Errorf("%w; it said: %s", err, words)
}

func checkHealth(ctx context.Context, health healthv1.HealthClient) error {
	answer, err := health.Check(ctx, &healthv1.HealthCheckRequest{Service: hplugin.GRPCServiceName})
	if err != nil {
		return fmt.Errorf("asking the process whether it lives: %w", err)
	}
	if answer.GetStatus() != healthv1.HealthCheckResponse_SERVING {
		return fmt.Errorf("the process says that it is %s", answer.GetStatus())
	}
	return nil
}

// end ends a process and everything it started.
func end(client *hplugin.Client, grp group, log *slog.Logger) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		client.Kill()
	}()
	wait(done, killAfter)
	grp.kill()
	grp.close()
	if !wait(done, letGoAfter) {
		log.Warn("something that the plugin started still holds its output open")
	}
}

func wait(done <-chan struct{}, limit time.Duration) bool {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-done:
		return true
	case <-timer.C:
		return false
	}
}
