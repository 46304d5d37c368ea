package api

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/gofiber/fiber/v2"

	"butlerd/host/simulate"
)

// simulateTimeout bounds a simulation, the wait for one under way and the reading of
// past durations included.
const simulateTimeout = 3 * time.Minute

// Formats of a simulation.
const (
	formatJSON = "json"
	formatSVG  = "svg"
)

// maxSimulated is how many schedules a request may name.
const maxSimulated = 1000

// simulate plays an interval without running anything.
func (v v1) simulate(c *fiber.Ctx) error {
	q := newQuery(c, "from", "to", "timezone", "schedule", "format")
	asked := simulate.Query{From: q.instant("from"), To: q.instant("to"), Zone: q.text("timezone"), Schedules: q.names("schedule", maxSimulated)}
	format := q.text("format")
	if format != "" && format != formatJSON && format != formatSVG {
		q.fail("parameter \"format\" must be %q or %q", formatJSON, formatSVG)
	}
	if q.err != nil {
		return q.err
	}
	ctx, cancel := context.WithTimeout(v.working, simulateTimeout)
	defer cancel()
	report, err := v.opts.Simulate(ctx, asked)
	var wrong *simulate.QueryError
	switch {
	case errors.As(err, &wrong):
		return invalid(wrong.Error())
	case err != nil:
		return err
	case format == formatSVG:
		return replySVG(c, report)
	}
	return reply(c, http.StatusOK, report)
}

func replySVG(c *fiber.Ctx, report *simulate.Report) error {
	var picture bytes.Buffer
	if err := report.WriteSVG(&picture); err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, "image/svg+xml; charset=utf-8")
	return c.Send(picture.Bytes())
}

// names is a parameter that may be repeated.
func (q *query) names(name string, most int) []string {
	values := q.values[name]
	if len(values) > most {
		q.fail("parameter %q stands %d times; %d is the most", name, len(values), most)
	}
	for _, value := range values {
		if bad := badName(value); bad != "" {
			q.fail("parameter %q %s", name, bad)
		}
	}
	return values
}
