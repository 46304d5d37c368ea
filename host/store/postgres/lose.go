package postgres

import (
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"butlerd/host/run"
	"butlerd/host/store"
)

// lose queues the end of open attempts as lost, and what becomes of their runs.
// where is about the attempts, as a, and may use $2.
func (t *tx) lose(ended *[]run.Run, at time.Time, where string, args ...any) {
	t.endAll(ended, run.Running, loseQuery(where), append([]any{at}, args...)...)
}

// ofNobody is what open attempts match whose host holds no lease, was it ever
// here or not.
const ofNobody = "NOT EXISTS (SELECT 1 FROM hosts h WHERE h.id = a.host_id AND h.ended_at IS NULL)"

// What store.Kept.Lose has as numbers.
var (
	maxLooks = strconv.Itoa(store.MaxLooks)
	lookWait = strconv.FormatInt(store.LookWait.Microseconds(), 10)
)

// loseQuery says in SQL what store.Kept.Lose says: one exchange with the server
// settles what a host left open, however much that is.
func loseQuery(where string) string {
	return `
WITH lost AS (
	UPDATE attempts a SET state = 'lost', reason = 'host_died', ended_at = $1::timestamptz
	WHERE a.state = 'running' AND ` + where + ` RETURNING run_id, number, resumes
), settled AS (
	SELECT r.id, r.on_lost = 'resume' AND r.attempts < greatest(1, r.max_attempts) + ` + maxLooks + ` OR r.on_lost = 'retry' AND r.attempts < r.max_attempts AS again,
		CASE WHEN r.on_lost <> 'resume' THEN 0 WHEN l.resumes > 0 THEN l.resumes ELSE l.number END AS resume,
		CASE WHEN r.on_lost = 'retry' THEN $1::timestamptz + r.lost_wait * interval '1 microsecond'
			WHEN r.on_lost = 'resume' THEN $1::timestamptz + ` + lookWait + ` * interval '1 microsecond' END AS ready
	FROM lost l JOIN runs r ON r.id = l.run_id
)
UPDATE runs r SET state = CASE WHEN s.again THEN 'waiting' ELSE 'lost' END,
	reason = CASE WHEN s.again THEN r.reason ELSE 'host_died' END,
	ended_at = CASE WHEN NOT s.again THEN $1::timestamptz END,
	resume = CASE WHEN s.again THEN s.resume ELSE r.resume END,
	ready_at = CASE WHEN s.again THEN s.ready ELSE r.ready_at END,
	wait_until = CASE WHEN NOT s.again THEN r.wait_until
		WHEN r.max_wait > 0 THEN coalesce(s.ready, $1::timestamptz) + r.max_wait * interval '1 microsecond' END
FROM settled s WHERE r.id = s.id AND r.state = 'running' RETURNING ` + qualifiedRunColumns
}

// cancelWaiting queues the end of the runs that wait for their first attempt, and
// were made before an instant: nobody was there for them. Those that are to be kept
// are left, see store.Hosts.
func (t *tx) cancelWaiting(ended *[]run.Run, at, keepSince time.Time) {
	t.endAll(ended, run.Waiting, cancelWaitingQuery, at, orNull(keepSince))
}

const cancelWaitingQuery = `UPDATE runs SET state = 'cancelled', reason = 'never_started', ended_at = $1::timestamptz
WHERE state = 'waiting' AND attempts = 0 AND ($2::timestamptz IS NULL OR created_at < $2)
	AND step = '' AND pool = '' AND trigger NOT IN ('chain', 'catch_up') RETURNING ` + runColumns

func (t *tx) endAll(ended *[]run.Run, from run.State, query string, args ...any) {
	list(t, ended, func(rows pgx.Rows) (run.Run, error) {
		r, err := scanRun(rows)
		t.tally.move(r.Plugin, from, r.State)
		return r, err
	}, query, args...)
}
