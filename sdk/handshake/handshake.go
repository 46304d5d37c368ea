// Package handshake is what a host and a plugin process must agree on before
// they can talk: the magic cookie, the versions of the contract, the limits on
// messages, and how go-plugin registers and dispenses the service.
//
// It starts no process and serves nothing; package sdk does the one,
// the host the other.
package handshake

import (
	"context"
	"fmt"

	goplugin "github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"

	actionv1 "butlerd/sdk/proto/butlerd/action/v1"
)

const (
	// Version is the major of the wire contract, butlerd.action.v1.
	Version = 1
	// Service is the name to dispense from a go-plugin client.
	Service = "action"
	// CookieKey is the environment variable that tells a plugin it was started
	// by a host and not by hand.
	CookieKey = "BUTLERD_PLUGIN"
	// CookieValue is what the variable holds. It is no secret.
	CookieValue = "c62f1f1e-butlerd-action"
	// MaxMessage is the most bytes of one message, in either direction.
	MaxMessage = 4 << 20
)

// Config is go-plugin's handshake, the same on both sides.
func Config() goplugin.HandshakeConfig {
	return goplugin.HandshakeConfig{
		ProtocolVersion:  Version,
		MagicCookieKey:   CookieKey,
		MagicCookieValue: CookieValue,
	}
}

// Versions is what to give go-plugin as VersionedPlugins. A host passes nil; a
// plugin passes what it serves.
func Versions(service actionv1.ActionServiceServer) map[int]goplugin.PluginSet {
	return map[int]goplugin.PluginSet{
		Version: {Service: &GRPCPlugin{Service: service}},
	}
}

// DialOptions bounds the messages of a host's connection: go-plugin's own
// bound is 2 GiB.
func DialOptions() []grpc.DialOption {
	return []grpc.DialOption{grpc.WithDefaultCallOptions(
		grpc.MaxCallRecvMsgSize(MaxMessage),
		grpc.MaxCallSendMsgSize(MaxMessage),
	)}
}

// GRPCPlugin makes the action service known to go-plugin.
type GRPCPlugin struct {
	goplugin.NetRPCUnsupportedPlugin

	// Service is what a plugin process serves; nil in a host.
	Service actionv1.ActionServiceServer
}

// GRPCServer registers the service in a plugin process. The broker stays
// unused: all a plugin has to tell travels on the Execute stream.
func (p *GRPCPlugin) GRPCServer(_ *goplugin.GRPCBroker, s *grpc.Server) error {
	if p.Service == nil {
		return fmt.Errorf("registering %s: no service given", Service)
	}
	actionv1.RegisterActionServiceServer(s, p.Service)
	return nil
}

// GRPCClient makes the *Client that a host gets by dispensing Service. The
// context ends when the plugin process does.
func (p *GRPCPlugin) GRPCClient(ctx context.Context, _ *goplugin.GRPCBroker, conn *grpc.ClientConn) (any, error) {
	return &Client{
		ActionServiceClient: actionv1.NewActionServiceClient(conn),
		Conn:                conn,
		Died:                ctx.Done(),
	}, nil
}

// Client is a host's end of a plugin process.
type Client struct {
	actionv1.ActionServiceClient

	// Conn is the connection; go-plugin owns and closes it.
	Conn *grpc.ClientConn
	// Died is closed when the process has ended.
	Died <-chan struct{}
}
