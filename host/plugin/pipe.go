package plugin

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"butlerd/sdk"
	"butlerd/sdk/handshake"
	actionv1 "butlerd/sdk/proto/butlerd/action/v1"
)

// pipeLauncher serves a plugin in the host's own process. It is for tests in
// virtual time, where real processes and sockets cannot be: the wire, the client
// and the supervision are the same.
type pipeLauncher struct {
	make func() sdk.Plugin
}

func (l pipeLauncher) launch(context.Context) (*process, error) {
	words := &tail{limit: 1 << 10}
	var proc *process
	service, err := sdk.NewServerWithExit(l.make(), func(why string) {
		fmt.Fprintln(words, why)
		proc.kill() // what would end a process ends the server
	})
	if err != nil {
		return nil, err
	}
	if proc, err = servePipe(service); err != nil {
		return nil, err
	}
	proc.lastWords = words.String
	return proc, nil
}

// servePipe is a process that is none: a server over a pipe.
func servePipe(service actionv1.ActionServiceServer) (*process, error) {
	server := grpc.NewServer(sdk.ServerOptions()...)
	actionv1.RegisterActionServiceServer(server, service)
	listener := newPipeListener()
	died := make(chan struct{})
	go func() {
		defer close(died)
		_ = server.Serve(listener) // ends by stop only
	}()
	conn, err := grpc.NewClient("passthrough:pipe", append(handshake.DialOptions(),
		grpc.WithContextDialer(listener.dial),
		grpc.WithTransportCredentials(insecure.NewCredentials()))...)
	if err != nil {
		server.Stop()
		return nil, err
	}
	return &process{
		client:    actionv1.NewActionServiceClient(conn),
		died:      died,
		stop:      func() { _ = conn.Close(); server.Stop(); <-died },
		kill:      server.Stop,
		lastWords: func() string { return "" },
	}, nil
}

// pipeListener accepts connections made by its own dial.
type pipeListener struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

var errPipeClosed = errors.New("pipe closed")

func newPipeListener() *pipeListener {
	return &pipeListener{conns: make(chan net.Conn), closed: make(chan struct{})}
}

func (l *pipeListener) dial(ctx context.Context, _ string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	select {
	case l.conns <- theirs:
		return ours, nil
	case <-l.closed:
		return nil, errPipeClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Accept implements net.Listener.
func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, errPipeClosed
	}
}

// Close implements net.Listener.
func (l *pipeListener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

// Addr implements net.Listener.
func (l *pipeListener) Addr() net.Addr { return pipeAddr{} }

type pipeAddr struct{}

func (pipeAddr) Network() string { return "pipe" }
func (pipeAddr) String() string  { return "pipe" }
