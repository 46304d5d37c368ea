// Package dispatch turns firings and triggers into runs: it claims them in the
// ledger, admits or skips them, executes their attempts and records how they
// ended. It also settles, at a host's start, what an earlier life left open.
//
// The way of a firing: the engine of package schedule hands instants to Fire;
// Fire claims them in one transaction per thousand; what the claim admitted
// goes to the lane of its plugin, which executes it at once or when a slot is
// free; the attempt's ending is settled by package run and written to the
// ledger; one line of the log tells of the firing, one of the run's end.
//
// The package decides nothing about when something is due (package schedule),
// holds no list of schedules (package registry) and knows no HTTP.
package dispatch
