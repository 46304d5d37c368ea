package handshake_test

import (
	"context"
	"testing"

	goplugin "github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"butlerd/sdk/handshake"
	actionv1 "butlerd/sdk/proto/butlerd/action/v1"
)

func TestBothSidesAgree(t *testing.T) {
	t.Parallel()
	host, plugin := handshake.Versions(nil), handshake.Versions(actionv1.UnimplementedActionServiceServer{})
	for version := range host {
		if _, ok := plugin[version][handshake.Service].(goplugin.GRPCPlugin); !ok {
			t.Errorf("the plugin does not serve version %d", version)
		}
	}
	if c := handshake.Config(); c.MagicCookieKey == "" || c.MagicCookieValue == "" || host[int(c.ProtocolVersion)] == nil {
		t.Errorf("got %+v", c)
	}
}

func TestAPluginWithoutAServiceIsRefused(t *testing.T) {
	t.Parallel()
	if err := (&handshake.GRPCPlugin{}).GRPCServer(nil, grpc.NewServer()); err == nil {
		t.Error("it was registered")
	}
}

func TestTheClientTellsThatItsProcessDied(t *testing.T) {
	t.Parallel()
	conn, err := grpc.NewClient("passthrough:nowhere", grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	process, die := context.WithCancel(t.Context())
	got, err := (&handshake.GRPCPlugin{}).GRPCClient(process, nil, conn)
	if err != nil {
		t.Fatal(err)
	}
	client := got.(*handshake.Client)
	if client.Conn != conn || client.ActionServiceClient == nil {
		t.Errorf("got %+v", client)
	}
	select {
	case <-client.Died:
		t.Error("it is told dead too soon")
	default:
	}
	die()
	<-client.Died
}
