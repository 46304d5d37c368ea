package sdktest

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	actionv1 "butlerd/sdk/proto/butlerd/action/v1"
	"butlerd/sdk/schema"
	"butlerd/sdk/wire"
)

// Limits that a conforming plugin keeps.
const (
	cancelLimit = 5 * time.Second // from cancellation to the result
	exitLimit   = 2 * time.Second // from the host's request to the end of the process
	loudOutput  = 1 << 20         // bytes
)

// Calls are what Conformance needs to know of a plugin. What is left empty is
// not checked.
type Calls struct {
	// Config is a good configuration. Default: the empty object.
	Config string
	// Loud succeeds and writes at least 1 MiB of output.
	Loud Call
	// Slow would take longer than a minute, but obeys its context.
	Slow Call
}

// Call is an action with its arguments, one JSON object.
type Call struct {
	Action    string
	Arguments string
}

// Conformance checks that a plugin keeps the contract. The client is not to be
// used afterwards: where there is a process, its end is checked too.
func Conformance(t *testing.T, c *Client, calls Calls) {
	t.Helper()
	s := suite{client: c, calls: calls}
	checks := []struct {
		name string
		run  func(*testing.T)
	}{
		{"describes itself the same each time", s.describesStably},
		{"publishes well-formed schemas", s.publishesSchemas},
		{"takes its configuration", s.takesConfiguration},
		{"ignores fields it does not know", s.ignoresUnknownFields},
		{"refuses an argument it does not have, at its place", s.refusesUnknownArgument},
		{"refuses arguments of a wrong type, each at its place", s.refusesWrongTypes},
		{"delivers 1 MiB of output", s.deliversOutput},
		{"ends a cancelled attempt with a result", s.obeysCancel},
		{"ends within 2 seconds when asked", s.exits},
	}
	for _, check := range checks {
		t.Run(check.name, check.run) // in order: the last one ends the process
	}
}

type suite struct {
	client *Client
	calls  Calls
}

func (s *suite) describe(t *testing.T) *actionv1.DescribeResponse {
	t.Helper()
	d, err := s.client.Describe(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func (s *suite) describesStably(t *testing.T) {
	first, second := s.describe(t), s.describe(t)
	if !proto.Equal(first, second) {
		t.Errorf("two answers differ:\n%v\n%v", first, second)
	}
	if first.GetName() == "" || len(first.GetActions()) == 0 {
		t.Errorf("a plugin has a name and at least one action: %v", first)
	}
}

func (s *suite) publishesSchemas(t *testing.T) {
	d := s.describe(t)
	if _, err := wire.ToBody(d.GetConfig()); err != nil {
		t.Errorf("configuration: %v", err)
	}
	for _, a := range d.GetActions() {
		if _, err := wire.ToBody(a.GetArguments()); err != nil {
			t.Errorf("arguments of %s: %v", a.GetType(), err)
		}
		if _, err := wire.ToBody(a.GetResult()); err != nil {
			t.Errorf("result of %s: %v", a.GetType(), err)
		}
	}
}

func (s *suite) takesConfiguration(t *testing.T) {
	config := s.calls.Config
	if config == "" {
		config = "{}"
	}
	faults, err := s.client.Configure(t.Context(), config)
	if err != nil || len(faults) > 0 {
		t.Errorf("got %v, %v", faults, err)
	}
}

func (s *suite) ignoresUnknownFields(t *testing.T) {
	r := &actionv1.DescribeRequest{}
	const fromTheFuture = 1000
	unknown := protowire.AppendTag(nil, fromTheFuture, protowire.BytesType)
	r.ProtoReflect().SetUnknown(protowire.AppendString(unknown, "news"))
	d, err := s.client.Wire.Describe(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	if !proto.Equal(d, s.describe(t)) {
		t.Error("the answer is another one")
	}
}

func (s *suite) refusesUnknownArgument(t *testing.T) {
	const name = "no_such_argument"
	for _, a := range s.describe(t).GetActions() {
		s.wantFault(t, a.GetType(), `{"`+name+`": 1}`, name)
	}
}

func (s *suite) refusesWrongTypes(t *testing.T) {
	for _, a := range s.describe(t).GetActions() {
		for _, attr := range a.GetArguments().GetAttributes() {
			wrong := map[string]any{attr.GetName(): wrongFor(schema.Type(attr.GetType()))}
			doc, err := json.Marshal(wrong)
			if err != nil {
				t.Fatal(err)
			}
			s.wantFault(t, a.GetType(), string(doc), attr.GetName())
		}
	}
}

// wrongFor is a value that the type cannot hold.
func wrongFor(t schema.Type) any {
	if t.Scalar() {
		return []any{}
	}
	return "neither a list nor a map"
}

func (s *suite) wantFault(t *testing.T, action, arguments, name string) {
	t.Helper()
	faults, err := s.client.Validate(t.Context(), action, arguments)
	if err != nil {
		t.Fatal(err)
	}
	there := func(d schema.Diagnostic) bool {
		return d.Severity == schema.Error && len(d.Path) > 0 && d.Path[0] == name
	}
	if !slices.ContainsFunc(faults, there) {
		t.Errorf("%s %s: want an error at %s, got %v", action, arguments, name, faults)
	}
}

func (s *suite) deliversOutput(t *testing.T) {
	if s.calls.Loud.Action == "" {
		t.Skip("no loud call given")
	}
	r, err := s.client.Run(t.Context(), s.calls.Loud.Action, s.calls.Loud.Arguments)
	if err != nil {
		t.Fatal(err)
	}
	if r.Status != Succeeded {
		t.Errorf("status %q, error %q", r.Status, r.Err)
	}
	if len(r.Output) < loudOutput {
		t.Errorf("%d bytes of output arrived", len(r.Output))
	}
	if r.Result != nil && !bytes.HasPrefix(r.Result, []byte("{")) {
		t.Errorf("the result is no object: %s", r.Result)
	}
}

func (s *suite) obeysCancel(t *testing.T) {
	if s.calls.Slow.Action == "" {
		t.Skip("no slow call given")
	}
	if !slices.Contains(s.describe(t).GetFeatures(), "cancel") {
		t.Skip(`the plugin does not have the feature "cancel"`)
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	ended := s.startSlow(ctx)
	s.cancelSlow(t)
	select {
	case r := <-ended:
		if r.Status != Cancelled {
			t.Errorf("status %q, error %q; want %q", r.Status, r.Err, Cancelled)
		}
	case <-time.After(cancelLimit):
		t.Errorf("no result within %s", cancelLimit)
	}
}

// startSlow returns at once; the record of the attempt comes over the channel.
func (s *suite) startSlow(ctx context.Context) <-chan *Record {
	ended := make(chan *Record, 1)
	go func() {
		r, err := s.client.Run(ctx, s.calls.Slow.Action, s.calls.Slow.Arguments)
		if err != nil && r.Err == "" {
			r.Err = err.Error()
		}
		ended <- r
	}()
	return ended
}

// cancelSlow asks until the attempt has begun.
func (s *suite) cancelSlow(t *testing.T) {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), cancelLimit)
	defer stop()
	again := time.NewTicker(10 * time.Millisecond)
	defer again.Stop()
	for {
		found, err := s.client.Cancel(ctx, "test-run", 1, "conformance test")
		if err != nil {
			t.Fatal(err)
		}
		if found {
			return
		}
		<-again.C
	}
}

func (s *suite) exits(t *testing.T) {
	if s.client.stop == nil {
		t.Skip("there is no process")
	}
	if s.calls.Slow.Action != "" {
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		s.startSlow(ctx) // the end must not wait for attempts
	}
	if !s.client.stop(exitLimit) {
		t.Errorf("the process did not end within %s", exitLimit)
	}
}
