package loadscripts_test

import (
	"io"
	"log/slog"
	"testing"

	broker "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/listeners"
	"github.com/mochi-mqtt/server/v2/packets"
)

// hook lets everybody in, and tells the receiver what is published.
type hook struct {
	broker.HookBase
	to *receiver
}

func (h *hook) ID() string { return "receiver" }

func (h *hook) Provides(b byte) bool {
	return b == broker.OnConnectAuthenticate || b == broker.OnACLCheck || b == broker.OnPublish
}

func (h *hook) OnConnectAuthenticate(*broker.Client, packets.Packet) bool { return true }

func (h *hook) OnACLCheck(*broker.Client, string, bool) bool { return true }

func (h *hook) OnPublish(_ *broker.Client, p packets.Packet) (packets.Packet, error) {
	h.to.hear("mqtt " + p.TopicName + " " + string(p.Payload))
	return p, nil
}

// startBroker starts a broker on a loopback address, which it returns.
func (r *receiver) startBroker(t *testing.T) string {
	t.Helper()
	server := broker.New(&broker.Options{Logger: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if err := server.AddHook(&hook{to: r}, nil); err != nil {
		t.Fatal(err)
	}
	tcp := listeners.NewTCP(listeners.Config{ID: "tcp", Address: "127.0.0.1:0"})
	if err := server.AddListener(tcp); err != nil {
		t.Fatal(err)
	}
	if err := server.Serve(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	return tcp.Address()
}
