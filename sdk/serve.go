package sdk

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/hashicorp/go-hclog"
	goplugin "github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"butlerd/sdk/handshake"
)

// drainLimit is how long actions may clean up after the host has said stop or
// is gone. go-plugin's host kills the process after 2 seconds.
const drainLimit = 1500 * time.Millisecond

// Serve is the main of a plugin. Started by a host it serves p and returns
// when the host stops it or is gone, after actions that still run had 1.5
// seconds to clean up. Started by hand it prints what the plugin is and how to
// declare it, with the arguments "describe --json" the same as data. A mistake
// in p ends the process with a message and status 2.
func Serve(p Plugin) {
	hosted := os.Getenv(handshake.CookieKey) == handshake.CookieValue
	if code := serve(p, hosted, os.Args[1:], os.Stdout, os.Stderr); code != 0 {
		os.Exit(code)
	}
}

// serve looks at args only by hand: a host may start a plugin with any.
func serve(p Plugin, hosted bool, args []string, stdout, stderr io.Writer) int {
	s, err := newServer(p)
	if err != nil {
		fmt.Fprintln(stderr, err)
		return 2
	}
	switch {
	case hosted:
		serveHost(s)
		return 0
	case slices.Equal(args, []string{"describe", "--json"}):
		err = printJSON(stdout, p)
	default:
		err = printHelp(stdout, p)
	}
	if err != nil {
		fmt.Fprintln(stderr, err)
		return 1
	}
	return 0
}

// serveHost takes over the process: go-plugin replaces os.Stdout and
// os.Stderr, so the logger must be made before.
func serveHost(s *server) {
	logger := hclog.New(&hclog.LoggerOptions{
		Name:       s.describe.GetName(),
		Level:      hclog.Info,
		Output:     os.Stderr,
		JSONFormat: true,
	})
	goplugin.Serve(&goplugin.ServeConfig{
		HandshakeConfig:  handshake.Config(),
		VersionedPlugins: handshake.Versions(s),
		GRPCServer:       newGRPCServer,
		Logger:           logger,
	})
	s.attempts.wait(drainLimit)
}

// newGRPCServer stops itself when no host is connected any more, which makes
// goplugin.Serve return.
func newGRPCServer(opts []grpc.ServerOption) *grpc.Server {
	var g *grpc.Server
	made := make(chan struct{})
	alone := func() {
		<-made
		g.Stop()
	}
	g = grpc.NewServer(append(opts, append(ServerOptions(), grpc.StatsHandler(watchConnections(alone)))...)...)
	close(made)
	return g
}

// ServerOptions bounds messages at 4 MiB and makes a panic in a call that call's
// error. Serve uses them; so should who serves NewServer over a pipe.
func ServerOptions() []grpc.ServerOption {
	return []grpc.ServerOption{
		grpc.MaxRecvMsgSize(handshake.MaxMessage),
		grpc.MaxSendMsgSize(handshake.MaxMessage),
		grpc.UnaryInterceptor(recoverUnary),
		grpc.StreamInterceptor(recoverStream),
	}
}

func recoverUnary(ctx context.Context, r any, info *grpc.UnaryServerInfo, next grpc.UnaryHandler) (_ any, err error) {
	defer recovered(info.FullMethod, &err)
	return next(ctx, r)
}

func recoverStream(srv any, stream grpc.ServerStream, info *grpc.StreamServerInfo, next grpc.StreamHandler) (err error) {
	defer recovered(info.FullMethod, &err)
	return next(srv, stream)
}

// recovered is deferred; recover works only in the deferred function itself.
func recovered(method string, err *error) {
	if v := recover(); v != nil {
		*err = status.Errorf(codes.Internal, "%s panicked: %v", method, v)
	}
}
