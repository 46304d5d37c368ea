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
// The last answers with all starts that arrived, as [Simulator.Starts] does: a test
// can see that a task was started once, and by whom.
//
// A fault holds for one request, or for as many as times says; with -1 until faults
// are deleted. The first that matches counts, so delete before another is posted.
// What a client of a whole site meets:
//
//	{"kind": "status", "status": 500, "method": "POST", "path": "/qrs/task/*/start*", "times": -1}  starts are answered 500, and do nothing
//	{"kind": "status", "status": 500, "method": "GET", "path": "/qrs/task*", "times": -1}           reading tasks is answered 500
//	{"kind": "slow", "delay": "1500ms", "times": -1}                                                each answer comes 1.5 s late
//
// A site that refuses connections cannot be told to listen again. For that
// [Options].Control gives these endpoints a listener of their own, at
// [Simulator.ControlURL], which has two more, as [Simulator.Refuse] and
// [Simulator.Accept] do:
//
//	POST /simulator/refuse
//	POST /simulator/accept
//
// # Seeds
//
// What the site contains is a [Seed], which may be read from a JSON file.
// [DefaultSeed] is for trying things out, [ButlerSeed] for what was recorded from
// Butler.
package qrssim
