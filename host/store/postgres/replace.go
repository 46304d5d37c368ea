package postgres

import (
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"butlerd/host/run"
	"butlerd/host/store"
)

// replaceQuery ends runs that wait. One that is just being taken is waited for: it
// runs then, and is left.
const replaceQuery = `
UPDATE runs SET state = CASE resume WHEN 0 THEN 'cancelled' ELSE 'lost' END,
	reason = CASE resume WHEN 0 THEN 'replaced' ELSE 'unknown_end' END, ended_at = $2::timestamptz WHERE id = ANY (ARRAY (
	SELECT id FROM runs WHERE id = ANY ($1::text[]) AND state = 'waiting' ORDER BY id FOR UPDATE))
RETURNING id, plugin, state`

// replacement is the end of runs that wait, for others that replace them.
type replacement struct {
	ids   []string
	ended map[string]bool
}

// replace queues the end of the runs that waited and were replaced, be they of this
// claim or of an earlier one.
func (t *tx) replace(at time.Time, claimed []store.Claimed, rows []int) *replacement {
	all := &replacement{ended: map[string]bool{}}
	for _, i := range rows {
		for _, r := range claimed[i].Replaces {
			if !r.State.Open() {
				all.ids = append(all.ids, r.ID)
			}
		}
	}
	if len(all.ids) == 0 {
		return all
	}
	each(t, func(rows pgx.Rows) error {
		var id, plugin, state string
		err := rows.Scan(&id, &plugin, &state)
		all.ended[id] = true
		t.tally.move(plugin, run.Waiting, run.State(state))
		return err
	}, replaceQuery, all.ids, at)
	return all
}

// correct puts right what was said of runs that others took meanwhile, or ended.
func (a *replacement) correct(t *tx, claimed []store.Claimed) error {
	late := slices.DeleteFunc(slices.Clone(a.ids), func(id string) bool { return a.ended[id] })
	if len(late) == 0 {
		return nil
	}
	var found []run.Run
	scanRuns(t, &found, ownRunsQuery, late)
	if err := t.flush(); err != nil {
		return err
	}
	now := map[string]run.Run{}
	for _, r := range found {
		now[r.ID] = r
	}
	for i := range claimed {
		var replaces []run.Run
		for _, r := range claimed[i].Replaces {
			if !r.State.Open() && !a.ended[r.ID] {
				if r = now[r.ID]; !r.State.Open() {
					continue // it had ended by itself
				}
			}
			replaces = append(replaces, r)
		}
		claimed[i].Replaces = replaces
	}
	return nil
}
