package api

import (
	"cmp"
	"net/http"
	"slices"

	"github.com/gofiber/fiber/v2"

	"butlerd/host/dispatch"
	"butlerd/host/store"
)

// schedulePage is one page of schedules, by id.
type schedulePage struct {
	Schedules  []scheduleView `json:"schedules"`
	NextCursor *string        `json:"next_cursor"`
}

// listSchedules goes by id, so that a place in the list stays the same whatever
// is created or deleted between two pages.
func (v v1) listSchedules(c *fiber.Ctx) error {
	q := newQuery(c, "limit", "cursor")
	var behind schedulePlace
	q.cursor("cursor", &behind)
	limit := q.limit("limit", defaultPage)
	if q.err != nil {
		return q.err
	}
	all := v.opts.Schedules.List()
	all = slices.DeleteFunc(all, func(s store.Schedule) bool { return s.ID <= behind.ID })
	slices.SortFunc(all, func(a, b store.Schedule) int { return cmp.Compare(a.ID, b.ID) })
	page := schedulePage{Schedules: []scheduleView{}}
	if len(all) > limit {
		all = all[:limit]
		page.NextCursor = cursorOf(schedulePlace{ID: all[limit-1].ID})
	}
	for _, s := range all {
		page.Schedules = append(page.Schedules, v.scheduleView(s))
	}
	return reply(c, http.StatusOK, page)
}

func (v v1) getSchedule(c *fiber.Ctx) error {
	if q := newQuery(c); q.err != nil {
		return q.err
	}
	id, ok := pathID(c)
	if ok {
		if s, found := v.opts.Schedules.Get(id); found {
			return reply(c, http.StatusOK, v.scheduleView(s))
		}
	}
	return noSchedule()
}

func noSchedule() *fault { return notFound("there is no schedule of this id") }

// trigger runs a schedule now. A caller that does not know whether its request
// has arrived repeats it with the same key, and gets the same run.
func (v v1) trigger(c *fiber.Ctx) error {
	if err := noMembers(c); err != nil {
		return err
	}
	id, ok := pathID(c)
	if !ok {
		return noSchedule()
	}
	key := c.Get("Idempotency-Key")
	if reason := badName(key); reason != "" {
		return invalid("the Idempotency-Key " + reason)
	}
	ctx, cancel := v.ask()
	defer cancel()
	r, made, err := v.opts.Runs.Trigger(ctx, dispatch.Request{ScheduleID: id, By: byAPI, Key: key})
	if err != nil {
		return err
	}
	c.Location("/api/v1/runs/" + r.ID)
	if !made {
		return reply(c, http.StatusOK, newRunView(r))
	}
	return reply(c, http.StatusAccepted, newRunView(r))
}
