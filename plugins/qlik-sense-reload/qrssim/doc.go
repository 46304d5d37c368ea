// Package qrssim simulates the Qlik Sense Repository Service (QRS): the part of
// its REST API that has to do with reload tasks, over TLS with client
// certificates, and optionally behind a virtual proxy.
//
// It is for trying butlerd without a Qlik Sense site, and for tests, which see
// from the receiving side what was started. Clients that were not written for it
// work against it. It runs no load script and keeps nothing on disk but its
// certificates.
//
// # How an execution goes
//
// A start makes an execution session and an execution result in state Triggered.
// After [Options].TriggerTime the task gets one of [Options].Capacity slots and is
// Started, or is Queued until one is free. When its reload time is over it is
// FinishedSuccess or FinishedFail, or tried again with a new result, and the
// session is deleted. A stop goes over AbortInitiated and Aborting to Aborted.
//
// # Time
//
// No timer runs. What is due is a heap of events, and each request first
// carries out, in order, the events that have come due since the one before, each
// at its own time. So nothing is left behind when a simulator is dropped, and its
// [Simulator.Handler] works as well inside a testing/synctest bubble.
//
// # Faults and starts
//
// What can go wrong with a network, a proxy or QRS goes wrong on demand, by
// [Simulator.Inject] or over HTTP, with a client certificate but without an xrfkey:
//
//	POST   /simulator/faults  {"path": "/qrs/task/*/start*", "kind": "drop_after", "times": 2}
//	DELETE /simulator/faults
//	GET    /simulator/starts
//
// The last answers with all starts that arrived, as [Simulator.Starts] does.
package qrssim
