// Package dispatch turns firings and triggers into runs: it claims them in the
// ledger, admits or skips them, executes their attempts and records how they
// ended. It also settles, at a host's start, what an earlier life left open.
//
// # The way of a firing
//
//   - The engine of package schedule hands instants to Fire, which claims them in one
//     transaction per thousand. What the ledger has to know of a run to admit it, to
//     have it taken in its turn and to settle it when its host is gone is its policy: one
//     function makes it, for claims and triggers alike (policy.go).
//   - The store decides on overlap, queue and holds in the claiming transaction. What a
//     new run replaces is asked to end, here or on another host (replace.go).
//   - A firing found longer than the late limit after it was to start is missed, or
//     caught up (catchup.go). Its jitter is no lateness.
//   - What was admitted goes to the lane of its plugin: at once, when the claim has
//     started it, or when it is taken (take.go). What has no slot, of the plugin or of a
//     pool, or waits for the end of another run, or for its time, waits in the ledger and
//     belongs to no host.
//   - A lane is woken when something may have changed for what waits: an attempt has
//     ended, a pool has another slot, other hosts say so, or the time of something has
//     come. The last is for the Timekeeper, which also ends what has waited for too long.
//   - An attempt's ending is settled by package run. Whether another attempt follows is
//     decided by a pure function (retry.go): none, another one with its time, or one that
//     looks for this one, which is lost (resume.go).
//   - One line of the log tells of the firing, one of each attempt that another follows,
//     and one of the run's end.
//
// # A start
//
// The order is that of Host.settlePast in package host: the store settles what dead hosts
// executed; Recovery records what was missed and finds what is owed still; the
// registry takes up the schedules; CatchUp claims what is owed; TakeUp gives up what has
// waited too long and takes what waits; then the engine fires. What is not done when a
// host dies on the way, the next start finds again.
//
// The package decides nothing about when something is due (package schedule),
// holds no list of schedules (package registry) and knows no HTTP.
package dispatch
