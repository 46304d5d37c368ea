package api

import (
	"errors"
	"net/http"

	"github.com/gofiber/fiber/v2"

	"butlerd/host/explain"
	"butlerd/host/store"
)

// explain answers for deleted schedules too: their ledger stays.
func (v v1) explain(c *fiber.Ctx) error {
	q := newQuery(c, "at")
	at := q.text("at")
	if q.err != nil {
		return q.err
	}
	id, ok := pathID(c)
	if !ok {
		return noSchedule()
	}
	ctx, cancel := v.ask()
	defer cancel()
	e, err := v.opts.Audit.Explain(ctx, id, at)
	switch {
	case errors.Is(err, explain.ErrTime):
		return invalid("parameter \"at\": " + err.Error())
	case errors.Is(err, store.ErrNotFound):
		return noSchedule()
	case err != nil:
		return err
	}
	return reply(c, http.StatusOK, e)
}
