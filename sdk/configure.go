package sdk

import (
	"context"
	"errors"
	"fmt"
	"reflect"

	"butlerd/sdk/internal/argument"
	"butlerd/sdk/schema"
)

// Configure takes a plugin's own configuration. It is made by NewConfigure.
type Configure struct {
	body schema.Body
	err  error // the author's mistake, told by Serve and NewServer

	call func(ctx context.Context, doc []byte) []schema.Diagnostic // nil: nothing to configure
}

// NewConfigure makes it from a function that keeps what it gets, usually in
// the receiver that the actions share. C is a struct with tags, as for
// NewAction.
//
// The host calls it before any action runs, never concurrently with itself; a
// later call replaces the configuration. It must not touch the network: the
// host also calls it to check a file offline. An error may be placed with At.
func NewConfigure[C any](fn func(ctx context.Context, cfg C) error) Configure {
	bound, err := argument.Of(reflect.TypeFor[C]())
	if err != nil {
		return Configure{err: err}
	}
	if fn == nil {
		return Configure{err: errors.New("it has no function")}
	}
	return Configure{
		body: bound.Schema(),
		call: func(ctx context.Context, doc []byte) []schema.Diagnostic {
			cfg, faults := decode[C](bound, doc)
			if len(faults) > 0 {
				return faults
			}
			return diagnose(guard(func() error { return fn(ctx, cfg) }))
		},
	}
}

// guard makes a panic of the author's code an error.
func guard(f func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("the plugin panicked: %v", v)
		}
	}()
	return f()
}
