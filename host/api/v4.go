package api

import (
	"net/http"

	"github.com/gofiber/fiber/v2"
)

// v4 is the Butler scheduler API. What it answers was recorded from Butler 16; a
// test replays the records and lists where butlerd differs, with the reasons.
type v4 struct{ *Server }

func (v v4) routes(app *fiber.App) {
	app.Get("/v4/butlerping", v.ping)
	app.Get("/v4/schedules", v.list)
	app.Post("/v4/schedules", v.create)
	app.Get("/v4/schedules/status", v.status)
	app.Put("/v4/schedules/startall", v.switchAll(true))
	app.Put("/v4/schedules/stopall", v.switchAll(false))
	app.Put("/v4/schedules/:id/start", v.start)
	app.Put("/v4/schedules/:id/stop", v.stop)
	app.Delete("/v4/schedules/:id", v.delete)

	// Butler takes an empty id for all schedules; nobody means that.
	app.Put("/v4/schedules//start", refuseEmptyID("Failed starting schedule ID ."))
	app.Put("/v4/schedules//stop", refuseEmptyID("Failed stopping schedule ID ."))
	app.Delete("/v4/schedules/", refuseEmptyID("Delete for schedule ID  failed."))
}

// pong is the answer to a ping.
type pong struct {
	Response      string `json:"response"`
	ButlerVersion string `json:"butlerVersion"`
}

func (v v4) ping(c *fiber.Ctx) error {
	return reply(c, http.StatusOK, pong{Response: "Butler reporting for duty", ButlerVersion: v.opts.Version})
}

func refuseEmptyID(message string) fiber.Handler {
	return func(*fiber.Ctx) error { return restFault(message) }
}

// restFault is a refusal as Butler words those that concern a schedule.
func restFault(message string) *fault { return invalid("REST SCHEDULER: " + message) }
