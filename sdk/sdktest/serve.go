package sdktest

import (
	"context"
	"net"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/test/bufconn"

	"butlerd/sdk"
	"butlerd/sdk/handshake"
	actionv1 "butlerd/sdk/proto/butlerd/action/v1"
)

// Serve puts a plugin behind a gRPC connection in memory until the test ends.
// Inside a synctest bubble it must be called with the bubble's t.
func Serve(t testing.TB, p sdk.Plugin) *Client {
	t.Helper()
	service, err := sdk.NewServer(p)
	if err != nil {
		t.Fatal(err)
	}
	return serve(t, service)
}

func serve(t testing.TB, service actionv1.ActionServiceServer) *Client {
	t.Helper()
	pipe := bufconn.Listen(64 << 10)
	server := grpc.NewServer(sdk.ServerOptions()...)
	actionv1.RegisterActionServiceServer(server, service)
	served := make(chan error, 1)
	go func() { served <- server.Serve(pipe) }()
	t.Cleanup(func() {
		server.Stop()
		if err := <-served; err != nil {
			t.Errorf("serving: %v", err)
		}
	})
	conn, err := grpc.NewClient("passthrough:plugin", append(handshake.DialOptions(),
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return pipe.DialContext(ctx) }),
	)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return &Client{Wire: actionv1.NewActionServiceClient(conn)}
}
