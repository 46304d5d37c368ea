package sdktest

import (
	"context"
	"errors"
	"testing"
	"time"

	"butlerd/sdk"
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
	// Resumed is of an action that resumes, and notes a checkpoint before a minute
	// has passed. The attempt is cut off then, and looked for by another.
	Resumed Call
	// Asked is of a query that has an answer.
	Asked Call
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
		run  func(context.Context) error
	}{
		{"describes itself the same each time", s.describesStably},
		{"publishes well-formed schemas", s.publishesSchemas},
		{"takes its configuration", s.takesConfiguration},
		{"ignores fields it does not know", s.ignoresUnknownFields},
		{"refuses an argument it does not have, at its place", s.refusesUnknownArgument},
		{"refuses arguments of a wrong type, each at its place", s.refusesWrongTypes},
		{"delivers 1 MiB of output", s.deliversOutput},
		{"ends a cancelled attempt with a result", s.obeysCancel},
		{"says that it resumes only where it looks for lost attempts", s.refusesToResume},
		{"notes checkpoints that can be kept", s.notesCheckpoints},
		{"looks for a lost attempt", s.looksForLost},
		{"looks for a lost attempt that left no note", s.looksWithoutNote},
		{"executes no query, and answers nothing else", s.tellsQueriesFromActions},
		{"answers a query", s.answers},
		{"ends what it executes when the host's lease runs out", s.heedsLease},
		{"ends within 2 seconds when asked", s.exits},
	}
	for _, check := range checks { // in order: the last one ends the process
		t.Run(check.name, func(t *testing.T) {
			err := check.run(t.Context())
			var reason skipped
			if errors.As(err, &reason) {
				t.Skip(reason)
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
}

// suite has a method per check, which returns what is wrong, or skipped.
type suite struct {
	client *Client
	calls  Calls
	lost   *sdk.LostAttempt // was cut off after a checkpoint
}

// skipped is why a check was not made.
type skipped string

func (s skipped) Error() string { return string(s) }
