package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"butlerd/host/registry"
	"butlerd/host/schedule"
)

// reloadAction is what schedules made over /v4 run.
const reloadAction = "qlik-sense-reload"

// guid is the form of ids in Qlik Sense, in any case and of any version.
var guid = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)

// create makes a schedule that starts a reload task. What Butler would accept and
// never fire is refused.
func (v v4) create(c *fiber.Ctx) error {
	m, err := v4Object(c)
	if err != nil {
		return err
	}
	d, err := m.definition()
	if err != nil {
		return err
	}
	if !v.offers(reloadAction) {
		return invalid(fmt.Sprintf("no plugin offers the action %q, so the schedule could never run: declare plugin %q in the configuration and reload it", reloadAction, reloadAction))
	}
	ctx, cancel := v.ask()
	defer cancel()
	s, err := v.opts.Schedules.Create(ctx, d, byAPI)
	if err != nil {
		return createFault(err)
	}
	return reply(c, http.StatusCreated, whole(s))
}

// offers says whether a plugin in force has an action.
func (s *Server) offers(action string) bool {
	for _, p := range s.opts.Plugins() {
		for _, a := range p.Description.Actions {
			if a.Type == action {
				return true
			}
		}
	}
	return false
}

// createFault names the member that the registry found wrong.
func createFault(err error) error {
	var parse *schedule.ParseError
	switch {
	case errors.As(err, &parse) && parse.Zone:
		return validationFault("body/timezone: " + parse.Error())
	case errors.As(err, &parse):
		return validationFault("body/cronSchedule: " + parse.Error())
	case errors.Is(err, registry.ErrInvalid):
		return validationFault(err.Error())
	}
	return err
}

// maxTags is how many tags a schedule may have. Butler takes any number, and each list
// of schedules would hold them all.
const maxTags = 1000

// definition reads a schedule from the members of a body.
func (m members) definition() (schedule.Definition, error) {
	known, err := m.known()
	if err != nil {
		return schedule.Definition{}, err
	}
	d := schedule.Definition{
		ID:       uuid.NewString(),
		Name:     known["name"],
		Cron:     known["cronSchedule"],
		Timezone: known["timezone"],
		Overlap:  schedule.OverlapAllow, // Butler starts a task whatever became of the last start
	}
	if d.Startup, err = startup(known["startupState"]); err != nil {
		return d, err
	}
	if tags, ok := m["tags"]; ok {
		if d.Tags, err = texts(tags, "body/tags", maxTags); err != nil {
			return d, err
		}
	}
	if err := checkTexts(d, known["qlikSenseTaskId"]); err != nil {
		return d, err
	}
	arguments, err := json.Marshal(map[string]string{"task_id": known["qlikSenseTaskId"]})
	d.Action = schedule.Action{Type: reloadAction, Arguments: arguments}
	d.Extra = m.extra(known["startupState"], d)
	return d, err
}

// required are the members that a schedule must have, in Butler's order: the
// first that is missing is the one that is named.
func required() []string {
	return []string{"name", "cronSchedule", "timezone", "qlikSenseTaskId", "startupState"}
}

func (m members) known() (map[string]string, error) {
	for _, name := range required() {
		if _, ok := m[name]; !ok {
			return nil, validationFault("body must have required property '" + name + "'")
		}
	}
	known := map[string]string{}
	for _, name := range required() {
		value, err := text(m[name], "body/"+name)
		if err != nil {
			return nil, err
		}
		known[name] = value
	}
	return known, nil
}

// startup reads a startup state. Butler knows short forms; "last" is our own.
func startup(word string) (schedule.Startup, error) {
	switch word {
	case "started", "start":
		return schedule.StartupStarted, nil
	case "stopped", "stop":
		return schedule.StartupStopped, nil
	case "last":
		return schedule.StartupLast, nil
	}
	return "", validationFault("body/startupState must be equal to one of the allowed values")
}

func checkTexts(d schedule.Definition, taskID string) error {
	if reason := badName(d.Name); reason != "" {
		return validationFault("body/name " + reason)
	}
	for i, tag := range d.Tags {
		if reason := badName(tag); reason != "" {
			return validationFault(fmt.Sprintf("body/tags/%d %s", i, reason))
		}
	}
	if !guid.MatchString(taskID) {
		return validationFault("body/qlikSenseTaskId must be a GUID, such as 0fe447a9-ba1f-44a9-ac23-68c3a1d88d8b")
	}
	return nil
}

// extra are the members that Butler keeps and returns though they mean nothing,
// and what a definition cannot say: that tags were sent and empty, and a startup
// state's short form.
func (m members) extra(startupState string, d schedule.Definition) map[string]json.RawMessage {
	extra := map[string]json.RawMessage{}
	for name, value := range m {
		extra[name] = value
	}
	for _, name := range append(required(), "tags", "id", "created", "lastKnownState") {
		delete(extra, name)
	}
	if d.Tags != nil && len(d.Tags) == 0 {
		extra["tags"] = json.RawMessage(`[]`)
	}
	if startupState != string(d.Startup) {
		extra["startupState"] = json.RawMessage(`"` + startupState + `"`)
	}
	if len(extra) == 0 {
		return nil
	}
	return extra
}
