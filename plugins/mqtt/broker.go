package mqtt

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	"github.com/eclipse/paho.mqtt.golang/packets"

	"butlerd/sdk"
)

// quiesce is how long taking leave of a broker may take, in milliseconds: a moment
// that nobody waits for.
const quiesce = 250

// broker is a configured broker, and the connection to it while there is one.
type broker struct {
	options *paho.ClientOptions
	timeout time.Duration

	turn   chan struct{} // holds a token; whoever has it may connect
	mu     sync.Mutex
	client paho.Client // nil: there is no connection
	users  int         // publish through this broker now
	gone   bool        // another configuration counts
}

func newBroker(o *paho.ClientOptions, timeout time.Duration) *broker {
	b := &broker{options: o, timeout: timeout, turn: make(chan struct{}, 1)}
	b.turn <- struct{}{}
	return b
}

// publish connects where needed, and returns when the message is where its qos
// wants it.
func (b *broker) publish(ctx context.Context, a Arguments) error {
	b.enter()
	defer b.leave()
	client, err := b.connected(ctx)
	if err != nil {
		return fmt.Errorf("connecting to the broker: %w", err)
	}
	// Publish itself may wait for a connection that takes nothing.
	sent := make(chan paho.Token, 1)
	go func() { sent <- client.Publish(a.Topic, byte(a.QoS), a.Retain, a.Message) }()
	err = b.wait(ctx, sent)
	if err != nil && ctx.Err() == nil {
		b.drop(client) // others may publish over it while this attempt was only cancelled
	}
	if err != nil {
		return fmt.Errorf("publishing to %s: %w", a.Topic, err)
	}
	return nil
}

// connected is a client that is connected. One attempt at a time connects; others
// wait for it, and have its connection.
func (b *broker) connected(ctx context.Context) (paho.Client, error) {
	select {
	case <-b.turn:
		defer func() { b.turn <- struct{}{} }()
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	if client := b.current(); client != nil {
		return client, nil
	}
	client := paho.NewClient(b.options)
	connecting := make(chan paho.Token, 1)
	connecting <- client.Connect()
	if err := b.wait(ctx, connecting); err != nil {
		go client.Disconnect(quiesce) // it may be connecting still
		return nil, refused(err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.client = client
	return client, nil
}

// current is the connection, unless it broke.
func (b *broker) current() paho.Client {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.client != nil && !b.client.IsConnectionOpen() {
		b.client = nil
	}
	return b.client
}

// errLate is what becomes of a broker that says nothing.
var errLate = errors.New("the broker did not answer in time")

// wait waits for a token, and then for what it stands for.
func (b *broker) wait(ctx context.Context, tokens <-chan paho.Token) error {
	timer := time.NewTimer(b.timeout)
	defer timer.Stop()
	var done <-chan struct{}
	var token paho.Token
	for {
		select {
		case token = <-tokens:
			done = token.Done()
		case <-done:
			return token.Error()
		case <-timer.C:
			return errLate
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// refused marks what no other attempt will change, and takes from all else what
// paho puts before it.
func refused(err error) error {
	for _, final := range []error{
		packets.ErrorRefusedBadProtocolVersion, packets.ErrorRefusedIDRejected,
		packets.ErrorRefusedBadUsernameOrPassword, packets.ErrorRefusedNotAuthorised,
	} {
		if errors.Is(err, final) {
			return sdk.Permanent(fmt.Errorf("it refuses: %w", err))
		}
	}
	if errors.Is(err, packets.ErrorNetworkError) {
		return errors.New(strings.TrimPrefix(err.Error(), packets.ErrorNetworkError.Error()+" : "))
	}
	return err
}

// drop ends a connection that can be relied on no more.
func (b *broker) drop(client paho.Client) {
	b.mu.Lock()
	if b.client == client {
		b.client = nil
	}
	b.mu.Unlock()
	go client.Disconnect(quiesce)
}

func (b *broker) enter() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.users++
}

// leave ends the connection with the last user of a broker that is gone.
func (b *broker) leave() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.users--
	b.closeUnused()
}

// retire says that no more will be published through this broker, but for what
// has begun.
func (b *broker) retire() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.gone = true
	b.closeUnused()
}

func (b *broker) closeUnused() {
	if b.gone && b.users == 0 && b.client != nil {
		go b.client.Disconnect(quiesce)
		b.client = nil
	}
}
