package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/gofiber/fiber/v2"

	"butlerd/host/audit"
)

// verifyTimeout bounds a verification, the wait for one under way included: all of a
// ledger is read for it.
const verifyTimeout = 10 * time.Minute

// verify answers with a report whatever is found: a ledger that is damaged is no
// failure of the request.
func (v v1) verify(c *fiber.Ctx) error {
	q := newQuery(c, "from", "to")
	from, to := q.instant("from"), q.instant("to")
	if q.err != nil {
		return q.err
	}
	ctx, cancel := context.WithTimeout(v.working, verifyTimeout)
	defer cancel()
	report, err := v.opts.Audit.Verify(ctx, from, to)
	switch {
	case errors.Is(err, audit.ErrInterval):
		return invalid(audit.ErrInterval.Error())
	case err != nil:
		return err
	}
	return reply(c, http.StatusOK, report)
}
