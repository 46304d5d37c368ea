package api

import (
	"encoding/base64"
	"encoding/json"
	"time"

	"butlerd/host/run"
	"butlerd/host/store"
)

// A cursor is a place in a list, as text that says nothing to callers: they get
// it with a page and send it back for the next one.

// maxCursor is how many bytes a cursor may have: an id of 200 characters, of
// which each may need twelve bytes as JSON, in base64, with some to spare.
const maxCursor = 4 << 10

// runPlace is a place in the list of runs, behind a run.
type runPlace struct {
	CreatedAt time.Time `json:"c"`
	ID        string    `json:"r"`
}

// schedulePlace is a place in the list of schedules, behind an id.
type schedulePlace struct {
	ID string `json:"s"`
}

// firingPlace is a place in the list of firings, before an instant.
type firingPlace struct {
	From time.Time `json:"f"`
}

// logPlace is a place in the log of a run, behind an entry.
type logPlace struct {
	Attempt int   `json:"a"`
	Seq     int64 `json:"n"`
}

// eventPlace is a place in the events of a run: behind an entry of its log, or
// behind their end.
type eventPlace struct {
	logPlace
	End bool `json:"e,omitempty"`
}

// cursorOf writes a place as a cursor.
func cursorOf(place any) *string {
	data, err := json.Marshal(place)
	if err != nil {
		return nil // no place is beyond JSON
	}
	return orNull(base64.RawURLEncoding.EncodeToString(data))
}

// cursor reads the cursor of a parameter into place, and says whether there is
// one. A cursor of another list is refused.
func (q *query) cursor(name string, place any) bool {
	values := q.values[name]
	if len(values) == 0 {
		return false
	}
	if len(values) > 1 || !readCursor(values[0], place) {
		q.fail("parameter %q must be a cursor as it came with the page before", name)
	}
	return true
}

// readCursor reads a cursor into place, and says whether it is one.
func readCursor(cursor string, place any) bool {
	data, err := base64.RawURLEncoding.DecodeString(cursor)
	return err == nil && len(cursor) <= maxCursor && strictJSON(data, place) == nil
}

func nextRun(c store.RunCursor) *string {
	if c == (store.RunCursor{}) {
		return nil
	}
	return cursorOf(runPlace(c))
}

// nextFiring is the place behind a page of firings, which are whole seconds
// apart; nil when the page is not full.
func nextFiring(page []run.Firing, limit int) *string {
	if len(page) < limit {
		return nil
	}
	return cursorOf(firingPlace{From: page[len(page)-1].DueAt.UTC().Add(time.Second)})
}
