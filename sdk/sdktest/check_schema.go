package sdktest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	actionv1 "butlerd/sdk/proto/butlerd/action/v1"
	"butlerd/sdk/schema"
	"butlerd/sdk/wire"
)

func (s *suite) describesStably(ctx context.Context) error {
	first, err := s.client.Describe(ctx)
	if err != nil {
		return err
	}
	second, err := s.client.Describe(ctx)
	if err != nil {
		return err
	}
	if !proto.Equal(first, second) {
		return fmt.Errorf("two answers differ:\n%v\n%v", first, second)
	}
	if first.GetName() == "" || len(first.GetActions()) == 0 {
		return fmt.Errorf("a plugin has a name and at least one action: %v", first)
	}
	return nil
}

func (s *suite) publishesSchemas(ctx context.Context) error {
	d, err := s.client.Describe(ctx)
	if err != nil {
		return err
	}
	errs := []error{wellFormed("configuration", d.GetConfig())}
	for _, a := range d.GetActions() {
		errs = append(errs,
			wellFormed("arguments of "+a.GetType(), a.GetArguments()),
			wellFormed("result of "+a.GetType(), a.GetResult()))
	}
	return errors.Join(errs...)
}

func wellFormed(what string, s *actionv1.Schema) error {
	if _, err := wire.ToBody(s); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

func (s *suite) takesConfiguration(ctx context.Context) error {
	config := s.calls.Config
	if config == "" {
		config = "{}"
	}
	faults, err := s.client.Configure(ctx, config)
	if err != nil {
		return err
	}
	if len(faults) > 0 {
		return fmt.Errorf("it objects to %s: %v", config, faults)
	}
	return nil
}

func (s *suite) ignoresUnknownFields(ctx context.Context) error {
	const fromTheFuture = 1000
	unknown := protowire.AppendTag(nil, fromTheFuture, protowire.BytesType)
	r := &actionv1.DescribeRequest{}
	r.ProtoReflect().SetUnknown(protowire.AppendString(unknown, "news"))
	d, err := s.client.Wire.Describe(ctx, r)
	if err != nil {
		return err
	}
	plain, err := s.client.Describe(ctx)
	if err != nil {
		return err
	}
	if !proto.Equal(d, plain) {
		return errors.New("the answer is another one")
	}
	return nil
}

func (s *suite) refusesUnknownArgument(ctx context.Context) error {
	d, err := s.client.Describe(ctx)
	if err != nil {
		return err
	}
	var errs []error
	for _, a := range d.GetActions() {
		errs = append(errs, s.wantFault(ctx, a.GetType(), "no_such_argument", 1))
	}
	return errors.Join(errs...)
}

func (s *suite) refusesWrongTypes(ctx context.Context) error {
	d, err := s.client.Describe(ctx)
	if err != nil {
		return err
	}
	var errs []error
	for _, a := range d.GetActions() {
		for _, attr := range a.GetArguments().GetAttributes() {
			wrong := wrongFor(schema.Type(attr.GetType()))
			errs = append(errs, s.wantFault(ctx, a.GetType(), attr.GetName(), wrong))
		}
	}
	return errors.Join(errs...)
}

// wrongFor is a value that the type cannot hold.
func wrongFor(t schema.Type) any {
	if t.Scalar() {
		return []any{}
	}
	return "neither a list nor a map"
}

// wantFault validates arguments with one member, which must be objected to.
func (s *suite) wantFault(ctx context.Context, action, name string, value any) error {
	doc, err := json.Marshal(map[string]any{name: value})
	if err != nil {
		return err
	}
	faults, err := s.client.Validate(ctx, action, string(doc))
	if err != nil {
		return err
	}
	there := func(d schema.Diagnostic) bool {
		return d.Severity == schema.Error && len(d.Path) > 0 && d.Path[0] == name
	}
	if !slices.ContainsFunc(faults, there) {
		return fmt.Errorf("%s %s: want an error at %s, got %v", action, doc, name, faults)
	}
	return nil
}
