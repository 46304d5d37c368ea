// Package sdk is what the author of a butlerd plugin imports. A plugin is a
// program of its own: the host starts it, keeps it alive and calls its actions
// when schedules fire. An action is a function with typed arguments:
//
//	type Greet struct {
//		Name  string        `hcl:"name" doc:"whom to greet"`
//		Pause time.Duration `hcl:"pause" default:"1s" doc:"how long to think first"`
//	}
//
//	type Greeting struct {
//		Text string `json:"text" doc:"what was said"`
//	}
//
//	func greet(ctx context.Context, run *sdk.Run, args Greet) (Greeting, error) { … }
//
//	func main() {
//		sdk.Serve(sdk.Plugin{Name: "greeter", Actions: []sdk.Action{sdk.NewAction("greet", greet)}})
//	}
//
// The struct is the only declaration: from its tags come the schema that the
// host checks configurations against, the defaults and the documentation.
//
//	hcl:"name"            a required argument
//	hcl:"name,optional"   one that may be left out: the field keeps its zero value
//	hcl:"name,block"      a block: a struct is required, a pointer to a struct is
//	                      optional, a slice of structs is any number
//	hcl:"-"               no argument
//	default:"30s"         the value when left out; text for strings and durations,
//	                      JSON for all else
//	doc:"…"               what it is, for people
//	enum:"a,b"            the only values allowed, for strings
//	sensitive:"true"      a secret: the host never shows it
//	deprecated:"…"        why not to use it any more, and what instead
//
// Types are string, bool, integers, floats, time.Duration, and slices and maps
// of these. A pointer field is optional and nil when left out. Embedded structs
// are flattened. If *C has a method Validate() error it is called after
// decoding; At says which argument an error is about.
//
// # What to keep in mind
//
// Actions run concurrently, also several runs of one action. When the context
// ends, the action should clean up and return soon: the host waits a limited
// time. What the error is decides what happens next: see Permanent, RetryAfter
// and Lost. A panic in the action fails that run only; a panic in a goroutine
// the action started ends the process, as in every Go program.
//
// # When an attempt is lost
//
// A host that is killed, or cut off, leaves attempts behind whose end nobody knows.
// An action that is made WithResume is called again to find out: Run.Lost is set,
// and holds what the lost attempt noted with Run.Checkpoint. It starts nothing,
// follows what it finds to its end, and returns how that ended, or Lost when nobody
// can tell. Then the schedule's on_lost decides, as it does for all other actions.
//
//	func order(ctx context.Context, run *sdk.Run, args Order) (Receipt, error) {
//		if lost := run.Lost(); lost != nil {
//			return find(ctx, lost)
//		}
//		if err := run.Checkpoint(note{Key: run.ID}); err != nil {
//			return Receipt{}, err // do not start what nobody could find again
//		}
//		…
//	}
//
// # What callers wait for
//
// Somebody who asks for a run over the API may not be able to wait for its end. An
// action that hands work over, and then follows it for minutes, says with
// Run.Accepted when it is handed over.
//
// What the API has to know, and nobody is to do, is a query: NewQuery makes one. It
// has no run, and changes nothing.
//
// # Leases
//
// Where several hosts share the work, each holds a lease and tells its plugins
// how long it is still good. A plugin that hears of no renewal in time, since its
// host is paused or cut off, ends by itself what it executes: another host may
// begin the same work at any moment. The contexts end with the cause ErrLeaseLost
// (see context.Cause), nothing new is begun until the host is back, and when an
// action has not returned after a tenth of the lease (at least 0.1, at most 5
// seconds) the process ends, on Unix with all it started. An action has nothing
// to do for this but to obey its context; what must not happen twice is best
// handed over with a deadline, or a key, that its receiver checks.
//
// Use Run.Log and Run.Output for what belongs to a run. Standard output and
// standard error belong to the process: what is printed there before Serve
// breaks the handshake with the host, and later it goes to the plugin's log.
//
// The package does not schedule, retry or store anything; the host does.
package sdk
