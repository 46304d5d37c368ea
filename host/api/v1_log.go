package api

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/gofiber/fiber/v2"

	"butlerd/host/run"
	"butlerd/host/store"
)

// logPage is a piece of a run's log, oldest first. The next cursor is null when
// there will be no more; while the run is open it is there even if nothing has
// come yet.
type logPage struct {
	Entries    []logView `json:"entries"`
	NextCursor *string   `json:"next_cursor"`
}

// logView is one entry of a log.
type logView struct {
	Attempt    int             `json:"attempt"`
	Seq        int64           `json:"seq"`
	At         *string         `json:"at"`
	Kind       string          `json:"kind"`
	Level      *string         `json:"level"`
	Text       string          `json:"text"`
	Attributes json.RawMessage `json:"attributes"` // nil is null
}

func newLogView(e run.LogEntry) logView {
	return logView{
		Attempt:    e.Attempt,
		Seq:        e.Seq,
		At:         instant(e.At),
		Kind:       string(e.Kind),
		Level:      orNull(e.Level),
		Text:       e.Text,
		Attributes: e.Attributes,
	}
}

func (v v1) getLog(c *fiber.Ctx) error {
	q := newQuery(c, "cursor", "limit")
	var behind logPlace
	q.cursor("cursor", &behind)
	limit := q.limit("limit", defaultLogPage)
	if q.err != nil {
		return q.err
	}
	r, _, err := v.findRun(c)
	if err != nil {
		return err
	}
	ctx, cancel := v.ask()
	defer cancel()
	page, err := v.log(ctx, r, behind, limit)
	if err != nil {
		return err
	}
	return reply(c, http.StatusOK, page)
}

// log reads a piece of the log of r, which was read before: the last entries are
// written together with the run's end, so the log of a run that had ended is
// whole.
func (v v1) log(ctx context.Context, r run.Run, behind logPlace, limit int) (logPage, error) {
	entries, err := v.opts.History.RunLog(ctx, store.LogQuery{RunID: r.ID, Attempt: behind.Attempt, Seq: behind.Seq, Limit: limit})
	if err != nil {
		return logPage{}, err
	}
	page := logPage{Entries: make([]logView, len(entries))}
	for i, e := range entries {
		page.Entries[i] = newLogView(e)
		behind = logPlace{Attempt: e.Attempt, Seq: e.Seq}
	}
	if r.State.Open() || len(entries) == limit {
		page.NextCursor = cursorOf(behind)
	}
	return page, nil
}
