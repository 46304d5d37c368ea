package newrelic

import (
	"context"
	"errors"
	"fmt"

	"butlerd/sdk"
)

// MetricArguments are those of newrelic-metric.
type MetricArguments struct {
	Name       string            `hcl:"name" doc:"name of the metric, as in \"memory.heap\""`
	Type       string            `hcl:"type" default:"gauge" enum:"gauge,count" doc:"gauge: the value is what was measured; count: it is how often something happened during the interval"`
	Value      float64           `hcl:"value" doc:"the value"`
	Interval   int64             `hcl:"interval" default:"0" doc:"of a count: how long was counted, in milliseconds. A gauge has none"`
	Timestamp  int64             `hcl:"timestamp" default:"0" doc:"when it was measured or the interval began, in milliseconds since 1970-01-01 UTC; 0: now. New Relic keeps values of the last 48 hours"`
	Attributes map[string]string `hcl:"attributes,optional" doc:"what else is known of it, by name"`
}

const count = "count"

// Validate tells all that is wrong.
func (a *MetricArguments) Validate() error {
	return errors.Join(
		sdk.At(checkName(a.Name), "name"),
		sdk.At(a.checkInterval(), "interval"),
		sdk.At(checkTimestamp(a.Timestamp), "timestamp"),
		sdk.At(checkAttributes(a.Attributes, nil), "attributes"),
	)
}

func (a *MetricArguments) checkInterval() error {
	switch {
	case a.Interval < 0:
		return errors.New("must not be negative")
	case a.Interval == 0 && a.Type == count:
		return errors.New("is needed for a count: how long was counted, in milliseconds")
	}
	return nil
}

// batch is what the Metric API takes: groups of metrics
// (https://docs.newrelic.com/docs/data-apis/ingest-apis/metric-api/report-metrics-metric-api/).
type batch struct {
	Metrics []metric `json:"metrics"`
}

type metric struct {
	Name       string            `json:"name"`
	Type       string            `json:"type"`
	Value      float64           `json:"value"`
	Timestamp  int64             `json:"timestamp"`
	Interval   int64             `json:"interval.ms,omitempty"`
	Attributes map[string]string `json:"attributes,omitempty"`
}

func (p *plugin) metric(ctx context.Context, run *sdk.Run, args MetricArguments) (struct{}, error) {
	to := p.account.Load()
	attributes, err := to.merge(args.Attributes, maxMetricAttributes)
	if err != nil {
		return struct{}{}, err
	}
	m := metric{Name: args.Name, Type: args.Type, Value: args.Value, Timestamp: stamp(args.Timestamp), Attributes: attributes}
	if args.Type == count { // for a gauge Butler's callers send one all the same
		m.Interval = args.Interval
	}
	if err := to.sender.Send(ctx, to.MetricsURL, to.header, []batch{{Metrics: []metric{m}}}); err != nil {
		return struct{}{}, err
	}
	run.Summary(fmt.Sprintf("sent %s %s = %v", args.Type, args.Name, args.Value))
	return struct{}{}, nil
}
