package api

import (
	"net/http"

	"github.com/gofiber/fiber/v2"
)

// v4 is the Butler scheduler API. What it answers was recorded from Butler 16; a
// test of the command replays the records and lists where butlerd differs, with the
// reasons.
type v4 struct{ *Server }

func (v v4) routes(app *fiber.App) {
	app.Get("/v4/butlerping", v.on("butlerping"), v.ping)
	app.Get("/v4/configfile/endpointsenabled", v.on("apiListEnabledEndpoints"), v.enabled)
	app.Get("/v4/base62tobase16", v.on("base62ToBase16"), v.toBase16)
	app.Get("/v4/base16tobase62", v.on("base16ToBase62"), v.toBase62)
	v.scheduleRoutes(app)
	v.keyValueRoutes(app)
	v.fileRoutes(app)
	v.startRoutes(app)
	v.appRoutes(app)
	v.messageRoutes(app)
}

func (v v4) scheduleRoutes(app *fiber.App) {
	start, stop, remove := v.on("startSchedule"), v.on("stopSchedule"), v.on("deleteSchedule")
	app.Get("/v4/schedules", v.on("getSchedule"), v.list)
	app.Post("/v4/schedules", v.on("createNewSchedule"), v.create)
	app.Get("/v4/schedules/status", v.on("getScheduleStatusAll"), v.status)
	app.Put("/v4/schedules/startall", start, v.switchAll(true))
	app.Put("/v4/schedules/stopall", stop, v.switchAll(false))
	app.Put("/v4/schedules/:id/start", start, v.start)
	app.Put("/v4/schedules/:id/stop", stop, v.stop)
	app.Delete("/v4/schedules/:id", remove, v.delete)

	// Butler takes an empty id for all schedules; nobody means that.
	app.Put("/v4/schedules//start", start, refuseEmptyID("Failed starting schedule ID ."))
	app.Put("/v4/schedules//stop", stop, refuseEmptyID("Failed stopping schedule ID ."))
	app.Delete("/v4/schedules/", remove, refuseEmptyID("Delete for schedule ID  failed."))
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
