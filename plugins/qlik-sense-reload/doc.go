// Package reload is the bundled plugin qlik-sense-reload: it starts tasks in
// client-managed Qlik Sense through the Qlik Sense Repository Service (QRS),
// follows them to their end, and tells how they ended.
//
// # What it promises
//
// A start is sent once. When its answer does not come, the plugin looks in Qlik
// Sense whether it took effect and follows what it finds; only when Qlik Sense
// has nothing is the start called failed, and when that cannot be known the
// attempt ends as lost. While a task executes, no error that may pass makes the
// plugin lose sight of it.
//
// It notes what it starts, so that an attempt whose host or process ended can be
// looked for: another attempt starts nothing, finds the executions in Qlik Sense,
// follows them to their end and tells how they ended. Where that is not certain it
// says so.
//
// Once Qlik Sense has taken every task of a run, or a task is left alone as the run
// wants it, the run is told to be accepted. A task that Qlik Sense did not take has a
// member refused in the result, which no failed request has.
//
// # Queries
//
// Beside the action it answers three questions for callers of the host's API, which
// start nothing: qlik-sense-tasks finds tasks by ids, tags and custom properties,
// qlik-sense-apps lists apps, and qlik-sense-executions what was executed in a time,
// whoever started it.
//
// It decides nothing about when to start and whether to try again: the host does.
// It is not for Qlik Cloud, which has no QRS, and it changes nothing in Qlik
// Sense but what a start and a stop change.
package reload
