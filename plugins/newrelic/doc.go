// Package newrelic is the bundled plugin newrelic: it sends custom events and
// metrics to New Relic, one at a time.
//
// It is for what a schedule or a load script wants to show on a dashboard. It is
// not an agent: it gathers nothing by itself, and sends no logs or traces.
//
// New Relic takes what it is sent before it looks at it: an event that it cannot
// keep, such as one that is a day old, is answered like a good one
// (https://docs.newrelic.com/docs/data-apis/ingest-apis/event-api/introduction-event-api/).
package newrelic
