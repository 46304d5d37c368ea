package api

import (
	"net/http"

	"github.com/gofiber/fiber/v2"

	"butlerd/host/run"
	"butlerd/host/store"
)

// firingPage is one page of settled firings, in order of their due time.
type firingPage struct {
	Firings    []firingView `json:"firings"`
	NextCursor *string      `json:"next_cursor"`
}

// firingView is a firing as v1 shows it.
type firingView struct {
	ScheduleID      string  `json:"schedule_id"`
	DueAt           *string `json:"due_at"`
	Outcome         string  `json:"outcome"`
	Reason          *string `json:"reason"`
	ReasonText      *string `json:"reason_text"`
	RunID           *string `json:"run_id"`
	HoldID          *string `json:"hold_id"` // of the hold that kept it from running
	ScheduleVersion int64   `json:"schedule_version"`
	SettledAt       *string `json:"settled_at"`
}

func newFiringView(f run.Firing) firingView {
	return firingView{
		ScheduleID:      f.ScheduleID,
		DueAt:           instant(f.DueAt),
		Outcome:         string(f.Outcome),
		Reason:          orNull(string(f.Reason)),
		ReasonText:      orNull(f.Reason.Text()),
		RunID:           orNull(f.RunID),
		HoldID:          orNull(f.HoldID),
		ScheduleVersion: f.Version,
		SettledAt:       instant(f.SettledAt),
	}
}

// listFirings answers for deleted schedules too: their ledger stays.
func (v v1) listFirings(c *fiber.Ctx) error {
	q := newQuery(c, "schedule", "from", "to", "limit", "cursor")
	wanted := store.FiringQuery{
		ScheduleID: q.text("schedule"),
		From:       q.instant("from"),
		To:         q.instant("to"),
		Limit:      q.limit("limit", defaultPage),
	}
	var before firingPlace
	if q.cursor("cursor", &before) {
		wanted.From = before.From
	}
	if wanted.ScheduleID == "" {
		q.fail("parameter \"schedule\" is missing: whose firings?")
	}
	if q.err != nil {
		return q.err
	}
	ctx, cancel := v.ask()
	defer cancel()
	firings, err := v.opts.History.Firings(ctx, wanted)
	if err != nil {
		return err
	}
	page := firingPage{Firings: make([]firingView, len(firings)), NextCursor: nextFiring(firings, wanted.Limit)}
	for i, f := range firings {
		page.Firings[i] = newFiringView(f)
	}
	return reply(c, http.StatusOK, page)
}
