package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/gofiber/fiber/v2"

	"butlerd/host/run"
)

// What the plugins offer for apps.
const (
	appsQuery       = "qlik-sense-apps"
	dumpQuery       = "qlik-sense-app-dump"
	appReloadAction = "qlik-sense-app-reload"
)

func (v v4) appRoutes(app *fiber.App) {
	app.Get("/v4/apps/list", v.on("senseListApps"), v.listApps)
	app.Get("/v4/senselistapps", v.on("senseListApps"), v.listApps)
	app.Get("/v4/app/:appId/dump", v.on("senseAppDump"), v.dumpApp)
	app.Get("/v4/senseappdump/:appId", v.on("senseAppDump"), v.dumpApp)
	app.Put("/v4/app/:appId/reload", v.on("senseAppReload"), v.reloadApp)
}

func (v v4) listApps(c *fiber.Ctx) error {
	ctx, cancel := v.work()
	defer cancel()
	found := struct {
		Apps []named `json:"apps"`
	}{}
	if err := v.query(ctx, appsQuery, struct{}{}, &found); err != nil {
		return err
	}
	return reply(c, http.StatusOK, append([]named{}, found.Apps...))
}

// appOnly are arguments that name an app.
type appOnly struct {
	AppID string `json:"app_id"`
}

func (v v4) dumpApp(c *fiber.Ctx) error {
	id, err := appID(c)
	if err != nil {
		return err
	}
	ctx, cancel := v.work()
	defer cancel()
	var dump json.RawMessage
	if err := v.query(ctx, dumpQuery, appOnly{id}, &dump); err != nil {
		return err
	}
	return reply(c, http.StatusOK, dump)
}

// appID is the app in the path.
func appID(c *fiber.Ctx) (string, error) {
	id, err := pathText(c, "appId")
	if err == nil && !guid.MatchString(id) {
		err = validationFault("params/appId must be a GUID, such as 0fe447a9-ba1f-44a9-ac23-68c3a1d88d8b")
	}
	return id, err
}

// reloadedApp is the answer to a reload.
type reloadedApp struct {
	AppID string `json:"appId"`
}

// reloadApp reloads an app, and starts tasks when it has succeeded or failed: that is
// up to the run, which goes on when its end takes longer than a caller waits.
func (v v4) reloadApp(c *fiber.Ctx) error {
	id, err := appID(c)
	if err != nil {
		return err
	}
	m, err := v4Object(c)
	if err != nil {
		return err
	}
	w, err := v.reloadWork(m, id)
	if err != nil {
		return err
	}
	if _, err := v.perform(appReloadAction, w); err != nil {
		return err
	}
	return reply(c, http.StatusCreated, reloadedApp{id})
}

// appReload are the arguments of appReloadAction.
type appReload struct {
	AppID   string `json:"app_id"`
	Partial bool   `json:"partial"`
	Mode    int    `json:"mode"`
}

// maxReloadMode is the last of the engine's modes: default, stop at an error, ignore
// errors.
const maxReloadMode = 2

func (v v4) reloadWork(m members, app string) (run.Work, error) {
	a := appReload{AppID: app}
	var w run.Work
	var err error
	if value, ok := m["partialReload"]; ok {
		if a.Partial, err = truth(value, "body/partialReload"); err != nil {
			return w, err
		}
	}
	if value, ok := m["reloadMode"]; ok {
		mode, err := numeric(value, "body/reloadMode")
		if err != nil {
			return w, err
		}
		if a.Mode = int(mode); float64(a.Mode) != mode || mode < 0 || mode > maxReloadMode {
			return w, validationFault(fmt.Sprintf("body/reloadMode must be a whole number from 0 to %d", maxReloadMode))
		}
	}
	if w.OnSuccess, err = v.nextTasks(m, "startQSEoWTaskOnSuccess"); err != nil {
		return w, err
	}
	if w.OnFailure, err = v.nextTasks(m, "startQSEoWTaskOnFailure"); err != nil {
		return w, err
	}
	w.Arguments, err = json.Marshal(a)
	return w, err
}

// nextTasks are the tasks that are to be started after a run, each once.
func (v v4) nextTasks(m members, name string) ([]run.Next, error) {
	value, ok := m[name]
	if !ok {
		return nil, nil
	}
	ids, err := texts(value, "body/"+name, run.MaxNext)
	if err != nil {
		return nil, err
	}
	var list []run.Next
	seen := map[string]bool{}
	for i, id := range ids {
		at := fmt.Sprintf("body/%s/%d", name, i)
		switch {
		case !guid.MatchString(id):
			return nil, validationFault(at + " must be a GUID, such as 0fe447a9-ba1f-44a9-ac23-68c3a1d88d8b")
		case !v.settings().StartTasks.Task(id):
			return nil, forbidden(at + ": the start-task filter does not allow task " + id)
		case seen[strings.ToLower(id)]:
			continue
		}
		seen[strings.ToLower(id)] = true
		arguments, err := json.Marshal(reloadArguments{id})
		if err != nil {
			return nil, err
		}
		list = append(list, run.Next{Action: reloadAction, Plugin: pluginFor(reloadAction), Arguments: arguments})
	}
	return list, nil
}
