package newrelic

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"butlerd/sdk"
)

// EventArguments are those of newrelic-event.
type EventArguments struct {
	EventType  string            `hcl:"event_type" doc:"type of the event, by which it is queried. New Relic keeps those of letters, digits, colons and underscores"`
	Timestamp  int64             `hcl:"timestamp" default:"0" doc:"when it happened, in milliseconds since 1970-01-01 UTC; 0: now. New Relic keeps events of the last 24 hours"`
	Attributes map[string]string `hcl:"attributes,optional" doc:"what else is known of it, by name"`
}

// Validate tells all that is wrong.
func (a *EventArguments) Validate() error {
	return errors.Join(
		sdk.At(checkName(a.EventType), "event_type"),
		sdk.At(checkTimestamp(a.Timestamp), "timestamp"),
		sdk.At(checkAttributes(a.Attributes, eventMembers), "attributes"),
	)
}

func checkName(text string) error {
	if strings.TrimSpace(text) == "" {
		return errors.New("must not be empty")
	}
	if utf8.RuneCountInString(text) > maxName {
		return fmt.Errorf("must not be longer than %d characters", maxName)
	}
	return nil
}

func checkTimestamp(ms int64) error {
	if ms < 0 {
		return errors.New("must be milliseconds since 1970-01-01 UTC, or 0 for now")
	}
	return nil
}

func stamp(ms int64) int64 {
	if ms == 0 {
		return time.Now().UnixMilli()
	}
	return ms
}

func (p *plugin) event(ctx context.Context, run *sdk.Run, args EventArguments) (struct{}, error) {
	to := p.account.Load()
	attributes, err := to.merge(args.Attributes, maxEventAttributes)
	if err != nil {
		return struct{}{}, err
	}
	event := map[string]any{"timestamp": stamp(args.Timestamp), "eventType": args.EventType}
	for name, value := range attributes {
		event[name] = value
	}
	address := strings.TrimRight(to.EventsURL, "/") + "/v1/accounts/" + to.AccountID + "/events"
	if err := to.sender.Send(ctx, address, to.header, event); err != nil {
		return struct{}{}, err
	}
	run.Summary(fmt.Sprintf("sent an event %s", args.EventType))
	return struct{}{}, nil
}
