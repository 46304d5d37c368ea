package api

import (
	"net/http"

	"github.com/gofiber/fiber/v2"

	"butlerd/sdk/schema"
)

// pluginList is all plugins in force.
type pluginList struct {
	Plugins []pluginView `json:"plugins"`
}

// pluginView is a plugin as v1 shows it.
type pluginView struct {
	Name          string      `json:"name"`
	Version       string      `json:"version"`
	SDK           string      `json:"sdk"`
	Doc           string      `json:"doc"`
	State         string      `json:"state"`
	PID           *int        `json:"pid"`
	StartedAt     *string     `json:"started_at"`
	SHA256        *string     `json:"sha256"` // of a program that is not the host's own
	Restarts      int         `json:"restarts"`
	LastError     *string     `json:"last_error"`
	NextTryAt     *string     `json:"next_try_at"`
	MaxConcurrent int         `json:"max_concurrent"`
	Running       int         `json:"running"`
	Waiting       int         `json:"waiting"`
	Config        schema.Body `json:"config"`
	Actions       []offerView `json:"actions"`
}

// offerView is an action that a plugin offers.
type offerView struct {
	Type      string      `json:"type"`
	Doc       string      `json:"doc"`
	Arguments schema.Body `json:"arguments"`
	Result    schema.Body `json:"result"`
	Resumes   bool        `json:"resumes"` // it can look for an attempt that was lost
}

func newPluginView(p PluginInfo) pluginView {
	s, d := p.Status, p.Description
	view := pluginView{
		Name:          s.Name,
		Version:       d.Version,
		SDK:           d.SDK,
		Doc:           d.Doc,
		State:         string(s.State),
		StartedAt:     instant(s.StartedAt),
		SHA256:        orNull(s.SHA256),
		Restarts:      s.Restarts,
		LastError:     orNull(s.LastError),
		NextTryAt:     instant(s.NextTryAt),
		MaxConcurrent: p.MaxConcurrent,
		Running:       p.Running,
		Waiting:       p.Waiting,
		Config:        d.Config,
		Actions:       []offerView{},
	}
	if s.PID != 0 {
		view.PID = &s.PID
	}
	for _, a := range d.Actions {
		view.Actions = append(view.Actions, offerView{Type: a.Type, Doc: a.Doc, Arguments: a.Arguments, Result: a.Result, Resumes: a.Resumes})
	}
	return view
}

func (v v1) listPlugins(c *fiber.Ctx) error {
	if q := newQuery(c); q.err != nil {
		return q.err
	}
	list := pluginList{Plugins: []pluginView{}}
	for _, p := range v.opts.Plugins() {
		list.Plugins = append(list.Plugins, newPluginView(p))
	}
	return reply(c, http.StatusOK, list)
}
