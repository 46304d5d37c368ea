package qrssim

import (
	"cmp"
	"errors"
	"log/slog"
	"slices"
	"time"
)

// Options are what a simulator is made from. The zero value is good for a
// simulator that is only used through its Handler; Start needs Dir.
type Options struct {
	// Dir is where the certificates are, made when they are missing or run out.
	Dir string

	// Listen is the address for clients with a certificate. Default 127.0.0.1:0.
	Listen string

	// Control is the address of a listener for the simulator's own endpoints alone,
	// for clients with a certificate. It answers while the site refuses connections.
	// Default none.
	Control string

	// Hosts are the names and IP addresses the server certificate is good for.
	// Default localhost, 127.0.0.1 and ::1.
	Hosts []string

	// Proxy adds a virtual proxy on a listener of its own; nil for none.
	Proxy *ProxyOptions

	// Seed is what the site contains; nil for DefaultSeed.
	Seed *Seed

	// Log gets a line for each request; nil for none.
	Log *slog.Logger

	// Capacity is how many reloads run at once. Default 4.
	Capacity int

	// ReloadTime is how long an attempt takes of a task that does not say so
	// itself. Default 2 s.
	ReloadTime time.Duration

	// TriggerTime is from Triggered to Started or Queued. Default 100 ms; below 0
	// none.
	TriggerTime time.Duration

	// StopTime is from a stop to Aborted. Default 200 ms; below 0 none.
	StopTime time.Duration

	// SettleTime is from the end of an attempt until its duration and last detail
	// show. Default none; of the real QRS 1 to 2 s are known.
	SettleTime time.Duration

	// QueueTimeout is how long a task is Queued before it is aborted. Default 30
	// minutes; below 0 for ever.
	QueueTimeout time.Duration

	// History is how many results of ended attempts are kept. Default 10,000.
	History int
}

func (o Options) withDefaults() Options {
	o.Listen = cmp.Or(o.Listen, "127.0.0.1:0")
	o.Capacity = cmp.Or(o.Capacity, 4)
	o.ReloadTime = cmp.Or(o.ReloadTime, 2*time.Second)
	o.TriggerTime = max(0, cmp.Or(o.TriggerTime, 100*time.Millisecond))
	o.StopTime = max(0, cmp.Or(o.StopTime, 200*time.Millisecond))
	o.QueueTimeout = max(0, cmp.Or(o.QueueTimeout, 30*time.Minute))
	o.History = cmp.Or(o.History, 10_000)
	if len(o.Hosts) == 0 {
		o.Hosts = []string{"localhost", "127.0.0.1", "::1"}
	}
	if o.Seed == nil {
		o.Seed = DefaultSeed()
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}

func (o Options) check() error {
	var problems []error
	if o.Capacity < 0 {
		problems = append(problems, errors.New("the capacity is below 0"))
	}
	if o.ReloadTime < 0 || o.SettleTime < 0 {
		problems = append(problems, errors.New("a time is below 0"))
	}
	if o.History < 0 {
		problems = append(problems, errors.New("the history is below 0"))
	}
	if o.Proxy != nil {
		problems = append(problems, o.Proxy.check())
	}
	return errors.Join(problems...)
}

// ownSeed is a checked copy of the seed: the caller may use one for several
// simulators at once.
func (o Options) ownSeed() (Seed, error) {
	seed := *o.Seed
	seed.Nodes = slices.Clone(seed.Nodes)
	seed.Apps = slices.Clone(seed.Apps)
	seed.Tasks = slices.Clone(seed.Tasks)
	return seed, seed.complete()
}
