package run

// State is where a run or an attempt stands.
type State string

// The states. Waiting and Running are open, the others are final.
const (
	Waiting   State = "waiting" // no attempt is under way: the first or another one is to come
	Running   State = "running"
	Succeeded State = "succeeded"
	Failed    State = "failed"
	TimedOut  State = "timed_out"
	Cancelled State = "cancelled"
	Lost      State = "lost" // the end is unknown: it may have succeeded or failed
)

// States lists every state, open ones first.
func States() []State {
	return []State{Waiting, Running, Succeeded, Failed, TimedOut, Cancelled, Lost}
}

// Open says whether the state can still change.
func (s State) Open() bool { return s == Waiting || s == Running }

// Valid says whether s is one of States.
func (s State) Valid() bool {
	for _, known := range States() {
		if s == known {
			return true
		}
	}
	return false
}

// Failure says whether a run with this end counts as failed: it did not do what it
// was for, and nobody meant it to.
func (s State) Failure() bool { return s == Failed || s == TimedOut || s == Lost }
