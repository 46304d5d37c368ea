package api

import (
	"time"

	"github.com/gofiber/fiber/v2"
)

// v1 is butlerd's own API, as openapi.yaml describes it. Answers have the same
// members always, null when there is nothing to say; instants are RFC 3339 in
// UTC; refusals are problem documents.
type v1 struct{ *Server }

func (v v1) routes(app *fiber.App) {
	app.Get("/api/v1/runs", v.listRuns)
	app.Get("/api/v1/runs/:id", v.getRun)
	app.Get("/api/v1/runs/:id/log", v.getLog)
	app.Get("/api/v1/runs/:id/events", v.getEvents)
	app.Post("/api/v1/runs/:id/cancel", v.cancel)
	app.Get("/api/v1/schedules", v.listSchedules)
	app.Get("/api/v1/schedules/:id", v.getSchedule)
	app.Post("/api/v1/schedules/:id/run", v.trigger)
	app.Get("/api/v1/firings", v.listFirings)
	app.Get("/api/v1/holds", v.listHolds)
	app.Post("/api/v1/holds", v.hold)
	app.Delete("/api/v1/holds/:id", v.release)
	app.Get("/api/v1/verify", v.verify)
	app.Get("/api/v1/schedules/:id/explain", v.explain)
	app.Get("/api/v1/simulate", v.simulate)
	app.Get("/api/v1/hosts", v.listHosts)
	app.Post("/api/v1/hosts/:id/drain", v.drain(true))
	app.Post("/api/v1/hosts/:id/resume", v.drain(false))
	app.Get("/api/v1/plugins", v.listPlugins)
	app.Post("/api/v1/reload", v.reload)
	app.Get("/api/v1/backup", v.backup)
	app.Get("/api/v1/openapi.yaml", serveOpenAPI(openAPIYAML, "application/yaml"))
	app.Get("/api/v1/openapi.json", serveOpenAPI(openAPIJSON, fiber.MIMEApplicationJSON))
}

// instant is t in RFC 3339; nil for the zero time.
func instant(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	return orNull(t.UTC().Format(time.RFC3339Nano))
}

// orNull is nil for an empty text.
func orNull(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}
