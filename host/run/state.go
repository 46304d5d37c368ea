package run

// State is where a run or an attempt stands.
type State string

// The states. Waiting and Running are open, the others are final.
const (
	Waiting   State = "waiting" // claimed, and no attempt was started yet
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
