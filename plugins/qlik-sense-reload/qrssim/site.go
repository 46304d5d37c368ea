package qrssim

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
)

// maxStarts bounds how many starts are remembered, the newest ones.
const maxStarts = 100_000

// timing is how long things take.
type timing struct {
	reload  time.Duration // an attempt, if the task does not say
	trigger time.Duration // from Triggered to Started
	stop    time.Duration // from a stop to Aborted
	settle  time.Duration // from the end until duration and last detail show
	wait    time.Duration // in the queue until aborted; 0 is for ever
}

// site is the state of a simulated Qlik Sense site: what it contains and what is
// being executed.
type site struct {
	timing
	capacity int

	mu     sync.Mutex // guards all below
	now    time.Time  // of the event or request being carried out
	events events

	nodes       []SeedNode
	nextNode    int
	apps        []*app
	appByID     map[uuid.UUID]*app
	tasks       []*task
	taskByID    map[uuid.UUID]*task
	taskByName  map[string][]*task // by lower-case name
	tags        []tagFull
	definitions []definitionFull

	sessions map[uuid.UUID]*session
	slots    int        // in use
	queue    []*session // waiting for a slot, longest first
	history  history
	starts   ring[Start]
}

// Start is a start of a task that arrived at the site, taken or not.
type Start struct {
	TaskID    uuid.UUID `json:"taskId"`
	TaskName  string    `json:"taskName"`
	SessionID uuid.UUID `json:"sessionId"` // zero if the task did not start
	At        time.Time `json:"at"`
	User      string    `json:"user"` // DIRECTORY\user
}

// do runs f with the site as it is now: what has come due is carried out before,
// and what f makes due at once after it.
func (s *site) do(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	s.advance(now)
	s.now = now
	f()
	s.advance(now)
}

func (s *site) addTask(t *task) {
	s.tasks = append(s.tasks, t)
	s.taskByID[t.id] = t
	name := strings.ToLower(t.name)
	s.taskByName[name] = append(s.taskByName[name], t)
}

// startTask starts a task for a user and reports the id of its session, zero if
// it does not start. A fault may forbid the start or hide its result for a time.
func (s *site) startTask(t *task, user string, fault *Fault) uuid.UUID {
	var id uuid.UUID
	if s.startable(t) && !fault.is(FaultZeros) {
		id = s.openSession(t, user, fault)
	}
	s.starts.add(Start{TaskID: t.id, TaskName: t.name, SessionID: id, At: s.now, User: user})
	return id
}

// startable reports whether a start takes effect. An app is reloaded by one task
// at a time.
func (s *site) startable(t *task) bool {
	return t.enabled && t.session == nil && len(s.nodes) > 0 && (t.app == nil || t.app.session == nil)
}

// openSession makes a session with its first result.
func (s *site) openSession(t *task, user string, fault *Fault) uuid.UUID {
	x := &session{
		id:        uuid.New(),
		task:      t,
		user:      user,
		createdAt: s.now,
		abortAt:   s.now.Add(t.timeout),
		index:     unscheduled,
	}
	s.sessions[x.id] = x
	t.session = x
	if t.app != nil {
		t.app.session = x
	}
	if fault.is(FaultLateRow) {
		x.rowDelay = fault.Delay
	}
	s.attempt(x)
	return x.id
}

// stopTask aborts the session of a task, if it has one.
func (s *site) stopTask(t *task) {
	if t.session != nil {
		s.abort(t.session, abortManual)
	}
}

// open is every session in the order their attempts began.
func (s *site) open() []*session {
	list := slices.Collect(maps.Values(s.sessions))
	slices.SortFunc(list, func(a, b *session) int { return cmp.Compare(a.result.seq, b.result.seq) })
	return list
}
