package sdk

import (
	"context"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"butlerd/sdk/handshake"
)

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
