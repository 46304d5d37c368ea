package api

import (
	"errors"
	"net/http"
	"strings"

	"github.com/gofiber/fiber/v2"

	"butlerd/host/store"
)

// byAPI says in the ledger who made a change or asked for a run.
const byAPI = "api"

// list answers with all schedules, or with the one that is asked for by id.
func (v v4) list(c *fiber.Ctx) error {
	ids := c.Context().QueryArgs().PeekMulti("id")
	switch len(ids) {
	case 0:
		data, err := v.listed.list(v.opts.Schedules.List())
		if err != nil {
			return err
		}
		return send(c, http.StatusOK, data)
	case 1:
		return v.get(c, string(ids[0]))
	}
	return validationFault("querystring/id must be string")
}

func (v v4) get(c *fiber.Ctx, id string) error {
	s, ok := v.opts.Schedules.Get(id)
	if !ok {
		return restFault("Schedule ID " + id + " not found.")
	}
	if v.opts.V4Responses == Butler16 {
		return reply(c, http.StatusOK, []any{whole(s)})
	}
	return reply(c, http.StatusOK, whole(s))
}

func (v v4) start(c *fiber.Ctx) error {
	s, err := v.setStarted(c, true, "Failed starting schedule ID ")
	if err != nil {
		return err
	}
	return reply(c, http.StatusOK, []any{whole(s)})
}

func (v v4) stop(c *fiber.Ctx) error {
	s, err := v.setStarted(c, false, "Failed stopping schedule ID ")
	if err != nil {
		return err
	}
	if v.opts.V4Responses == Butler16 {
		return reply(c, http.StatusOK, []any{whole(s)})
	}
	return reply(c, http.StatusOK, struct{}{})
}

// setStarted starts or stops the schedule in the path. failed begins the message
// for one that is not there.
func (v v4) setStarted(c *fiber.Ctx, started bool, failed string) (store.Schedule, error) {
	if _, err := v4Body(c); err != nil {
		return store.Schedule{}, err
	}
	id, ok := pathID(c)
	if !ok {
		return store.Schedule{}, fiber.ErrNotFound
	}
	ctx, cancel := v.ask()
	defer cancel()
	s, err := v.opts.Schedules.SetStarted(ctx, id, started, byAPI)
	if errors.Is(err, store.ErrNotFound) {
		return s, restFault(failed + id + ".")
	}
	return s, err
}

// switchAll starts or stops all schedules and answers with them.
func (v v4) switchAll(started bool) fiber.Handler {
	return func(c *fiber.Ctx) error {
		if _, err := v4Body(c); err != nil {
			return err
		}
		ctx, cancel := v.ask()
		defer cancel()
		if err := v.opts.Schedules.SetAllStarted(ctx, started, byAPI); err != nil {
			return err
		}
		all := []any{}
		for _, s := range v.opts.Schedules.List() {
			all = append(all, whole(s))
		}
		return reply(c, http.StatusOK, all)
	}
}

func (v v4) delete(c *fiber.Ctx) error {
	if _, err := v4Body(c); err != nil {
		return err
	}
	id, ok := pathID(c)
	if !ok {
		return fiber.ErrNotFound
	}
	ctx, cancel := v.ask()
	defer cancel()
	err := v.opts.Schedules.Delete(ctx, id, byAPI)
	if errors.Is(err, store.ErrNotFound) {
		return restFault("Delete for schedule ID " + id + " failed.")
	}
	if err != nil {
		return err
	}
	return c.SendStatus(http.StatusNoContent)
}

// status answers with a line for each schedule, in the form of the cron library
// that Butler uses.
func (v v4) status(c *fiber.Ctx) error {
	var b strings.Builder
	b.WriteString("{\n")
	for _, s := range v.opts.Schedules.List() {
		state := "Stopped"
		if s.Started {
			state = "Running"
		}
		b.WriteString("'" + s.ID + "': " + s.Cron + " status: " + state + "\n")
	}
	b.WriteString("}")
	c.Set(fiber.HeaderContentType, "text/plain; charset=utf-8")
	return c.SendString(b.String())
}
