package sdk_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"time"

	"butlerd/sdk"
)

// Copy is the arguments of an action block:
//
//	action "copy" {
//	  from = "a.csv"
//	  to   = ["b.csv", "c.csv"]
//	}
type Copy struct {
	From  string        `hcl:"from" doc:"the file to copy"`
	To    []string      `hcl:"to" doc:"where to"`
	Pause time.Duration `hcl:"pause" default:"0s" doc:"how long to wait before each"`
}

// Copied is the result.
type Copied struct {
	Files int `json:"files" doc:"how many were written"`
}

func (c *Copy) Validate() error {
	var errs []error
	for i, to := range c.To {
		if to == c.From {
			errs = append(errs, sdk.At(errors.New("must not be the file itself"), "to", i))
		}
	}
	return errors.Join(errs...)
}

func copyFile(ctx context.Context, run *sdk.Run, args Copy) (Copied, error) {
	data, err := os.ReadFile(args.From)
	if errors.Is(err, fs.ErrNotExist) {
		return Copied{}, sdk.Permanent(sdk.At(err, "from"))
	}
	if err != nil {
		return Copied{}, err
	}
	var done Copied
	for _, to := range args.To {
		if err := os.WriteFile(to, data, 0o600); err != nil {
			return done, err // the files so far are told all the same
		}
		done.Files++
		run.Progress(int64(done.Files), int64(len(args.To)), to)
	}
	run.Summary(fmt.Sprintf("copied %s to %d files", args.From, done.Files))
	return done, ctx.Err()
}

func ExampleServe() {
	// This is all there is to main.
	sdk.Serve(sdk.Plugin{
		Name:    "copier",
		Version: "1.0.0",
		Doc:     "Copies files.",
		Actions: []sdk.Action{
			sdk.NewAction("copy", copyFile).WithDoc("Copies one file to others."),
		},
	})
}

func ExampleNewAction() {
	type Greet struct {
		Name string `hcl:"name" doc:"whom to greet"`
	}
	type Greeting struct {
		Text string `json:"text" doc:"what was said"`
	}
	greet := func(_ context.Context, run *sdk.Run, args Greet) (Greeting, error) {
		run.Log.Info("greeting", "name", args.Name, "attempt", run.Attempt)
		return Greeting{Text: "Hello, " + args.Name + "!"}, nil
	}

	plugin := sdk.Plugin{Name: "greeter", Actions: []sdk.Action{sdk.NewAction("greet", greet)}}
	_, err := sdk.NewServer(plugin)
	fmt.Println(err)
	// Output: <nil>
}

func ExampleNewAction_mistake() {
	type Greet struct {
		Name  string   `hcl:"name"`
		Times int      `hcl:"times" default:"often"`
		Tone  chan int `hcl:"tone"`
	}
	greet := func(context.Context, *sdk.Run, Greet) (struct{}, error) { return struct{}{}, nil }

	_, err := sdk.NewServer(sdk.Plugin{Name: "greeter", Actions: []sdk.Action{sdk.NewAction("greet", greet)}})
	fmt.Println(err)
	// Output:
	// plugin "greeter": action "greet": arguments: field Greet.Tone: chan int cannot be an argument; use string, bool, integers, floats, time.Duration, slices and maps of these, or structs with hcl:"…,block"
}

// site is what the actions of a plugin share.
type site struct {
	url    string
	client *http.Client
}

type siteConfig struct {
	URL     string        `hcl:"url" doc:"where the site is"`
	Timeout time.Duration `hcl:"timeout" default:"30s" doc:"the longest a request may take"`
}

func (s *site) configure(_ context.Context, cfg siteConfig) error {
	s.url = cfg.URL
	s.client = &http.Client{Timeout: cfg.Timeout}
	return nil // it does not connect: the host also calls it offline
}

func (s *site) ping(ctx context.Context, _ *sdk.Run, _ struct{}) (struct{}, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url, nil)
	if err != nil {
		return struct{}{}, sdk.Permanent(err)
	}
	answer, err := s.client.Do(r)
	if err != nil {
		return struct{}{}, err
	}
	return struct{}{}, answer.Body.Close()
}

func ExampleNewConfigure() {
	var s site
	plugin := sdk.Plugin{
		Name:      "site",
		Configure: sdk.NewConfigure(s.configure),
		Actions:   []sdk.Action{sdk.NewAction("ping", s.ping)},
	}
	_, err := sdk.NewServer(plugin)
	fmt.Println(err)
	// Output: <nil>
}

func ExampleAt() {
	validate := func(from, to time.Duration) error {
		var errs []error
		if from < 0 {
			errs = append(errs, sdk.At(errors.New("must not be negative"), "window", "from"))
		}
		if from > to {
			errs = append(errs, sdk.At(errors.New("must not be before from"), "window", "to"))
		}
		return errors.Join(errs...)
	}
	fmt.Println(validate(time.Hour, time.Minute))
	// Output: must not be before from
}

func ExamplePermanent() {
	_, err := os.Open("no such file")
	if errors.Is(err, fs.ErrNotExist) {
		err = sdk.Permanent(err) // another attempt would not find it either
	}
	fmt.Println(errors.Is(err, fs.ErrNotExist))
	// Output: true
}

func ExampleRetryAfter() {
	busy := errors.New("the server is busy")
	fmt.Println(sdk.RetryAfter(time.Minute, busy))
	// Output: the server is busy
}

func ExampleLost() {
	order := func() (sent bool, err error) { return true, errors.New("connection reset") }
	sent, err := order()
	if err != nil && sent {
		err = sdk.Lost(err) // it may have been carried out
	}
	fmt.Println(err)
	// Output: connection reset
}

// shop is a service that executes orders, each with a key of its own.
type shop struct{ orders map[string]string }

func (s *shop) place(key string)             { s.orders[key] = "delivered" }
func (s *shop) state(key string) (st string) { return s.orders[key] }

// orderNote is what an attempt leaves behind for the one that may look for it.
type orderNote struct {
	Key string `json:"key"`
}

// order places an order, or finds out what became of one.
func (s *shop) order(_ context.Context, run *sdk.Run, _ struct{}) (struct{}, error) {
	key := fmt.Sprintf("%s-%d", run.ID, run.Attempt)
	if lost := run.Lost(); lost != nil {
		return struct{}{}, s.find(lost)
	}
	if err := run.Checkpoint(orderNote{Key: key}); err != nil {
		return struct{}{}, err // do not start what nobody could find again
	}
	s.place(key)
	return struct{}{}, nil
}

func (s *shop) find(lost *sdk.LostAttempt) error {
	var note orderNote
	if err := lost.Decode(&note); err != nil {
		return sdk.Lost(err) // it may have placed an order whose key is not known
	}
	switch s.state(note.Key) {
	case "delivered":
		return nil
	case "":
		return errors.New("the order was never placed") // so that a retry may
	}
	return sdk.Lost(errors.New("the order is neither delivered nor unknown"))
}

func ExampleAction_WithResume() {
	s := &shop{orders: map[string]string{}}
	plugin := sdk.Plugin{Name: "shop", Actions: []sdk.Action{sdk.NewAction("order", s.order).WithResume()}}
	_, err := sdk.NewServer(plugin)
	fmt.Println(err)
	// Output: <nil>
}

func ExampleRun_Checkpoint() {
	order := func(_ context.Context, run *sdk.Run, _ struct{}) (struct{}, error) {
		if err := run.Checkpoint(map[string]string{"key": run.ID}); err != nil {
			return struct{}{}, err // do not start what nobody could find again
		}
		// Now start it, with the key.
		return struct{}{}, nil
	}
	_ = sdk.NewAction("order", order).WithResume()
}

func ExampleRun_Lost() {
	order := func(_ context.Context, run *sdk.Run, _ struct{}) (struct{}, error) {
		if lost := run.Lost(); lost != nil {
			run.Log.Info("looking for an attempt", "number", lost.Attempt, "started", lost.StartedAt)
			return struct{}{}, sdk.Lost(errors.New("it cannot be found"))
		}
		return struct{}{}, nil
	}
	_ = sdk.NewAction("order", order).WithResume()
}

func ExampleLostAttempt_Decode() {
	lost := &sdk.LostAttempt{Attempt: 1, Checkpoint: []byte(`{"key": "4711"}`)}
	var note orderNote
	err := lost.Decode(&note)
	fmt.Println(note.Key, err)

	fmt.Println(new(sdk.LostAttempt).Decode(&note))
	// Output:
	// 4711 <nil>
	// the attempt left no checkpoint
}

func ExampleNewQuery() {
	type tag struct {
		Tag string `hcl:"tag" doc:"whose orders to list"`
	}
	type orders struct {
		IDs []string `json:"ids"`
	}
	list := func(_ context.Context, args tag) (orders, error) {
		if args.Tag != "urgent" {
			return orders{}, sdk.Permanent(fmt.Errorf("there is no tag %q", args.Tag))
		}
		return orders{IDs: []string{"4711"}}, nil
	}
	_, err := sdk.NewServer(sdk.Plugin{Name: "shop", Actions: []sdk.Action{sdk.NewQuery("orders", list)}})
	fmt.Println(err)
	// Output: <nil>
}

func ExampleRun_Accepted() {
	s := &shop{orders: map[string]string{}}
	order := func(_ context.Context, run *sdk.Run, _ struct{}) (struct{}, error) {
		s.place(run.ID)
		run.Accepted() // whoever waits for the order to be placed need not wait for the delivery
		// Now follow it until it is delivered.
		return struct{}{}, nil
	}
	_ = sdk.NewAction("order", order)
}
