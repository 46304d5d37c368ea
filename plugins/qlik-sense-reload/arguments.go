package reload

import (
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"butlerd/sdk"
)

// Arguments are those of the action block. Exactly one of the first four says
// which tasks are meant.
type Arguments struct {
	TaskID         string          `hcl:"task_id,optional" doc:"id of the task to start, a GUID in upper or lower case. Exactly one of task_id, task_name, tag and custom_property is needed"`
	TaskName       string          `hcl:"task_name,optional" doc:"name of the task to start. Names need not be unique in Qlik Sense: when several tasks have it, the run fails and nothing is started"`
	Tag            string          `hcl:"tag,optional" doc:"name of a tag: all tasks that have it are started"`
	CustomProperty *CustomProperty `hcl:"custom_property,block" doc:"a value of a custom property: all tasks that have it are started"`

	Wait         bool          `hcl:"wait" default:"true" doc:"whether the run lasts until the tasks have ended, and fails when one does. false: it succeeds once Qlik Sense has accepted the start, however the tasks end"`
	PollInterval time.Duration `hcl:"poll_interval,optional" doc:"how long between two looks at a task; 100ms to 1h. Left out or 0s: 2s at first, growing to 15s as the task goes on"`
	IfRunning    string        `hcl:"if_running" default:"error" enum:"error,skip,wait,stop" doc:"what to do about a task that is already executing, or whose app another task reloads: error fails; skip starts nothing and succeeds; wait starts it when the other execution has ended; stop stops the task, and starts it when it has ended (another task of the app is waited for)"`
	StopOnCancel bool          `hcl:"stop_on_cancel" default:"false" doc:"whether a run that is cancelled or out of time stops its tasks in Qlik Sense. Otherwise they go on there"`
	LogTail      int           `hcl:"log_tail" default:"40" doc:"how many lines of the script log's end are kept of a reload that failed; 0 to 1000"`
}

// CustomProperty is a custom property with a value.
type CustomProperty struct {
	Name  string `hcl:"name" doc:"name of the custom property"`
	Value string `hcl:"value" doc:"the value"`
}

// Values of Arguments.IfRunning.
const (
	ifRunningError = "error"
	ifRunningSkip  = "skip"
	ifRunningWait  = "wait"
	ifRunningStop  = "stop"
)

// Bounds of the arguments. Those of names are Qlik Sense's own, in characters.
const (
	minPollInterval = 100 * time.Millisecond
	maxPollInterval = time.Hour
	maxLogTail      = 1000

	maxTaskName      = 500
	maxTag           = 255
	maxPropertyName  = 100
	maxPropertyValue = 1024
)

var errGUID = errors.New("must be a GUID, such as 0fe447a9-ba1f-44a9-ac23-68c3a1d88d8b")

// Validate tells all that is wrong, each at its argument.
func (a *Arguments) Validate() error {
	errs := []error{a.checkSelector()}
	if a.TaskID != "" && !isGUID(a.TaskID) {
		errs = append(errs, sdk.At(errGUID, "task_id"))
	}
	errs = append(errs, sdk.At(checkName(a.TaskName, maxTaskName), "task_name"), sdk.At(checkName(a.Tag, maxTag), "tag"))
	if a.PollInterval != 0 && (a.PollInterval < minPollInterval || a.PollInterval > maxPollInterval) {
		errs = append(errs, sdk.At(errors.New("must be between 100ms and 1h, or 0s for an interval that grows"), "poll_interval"))
	}
	if a.LogTail < 0 || a.LogTail > maxLogTail {
		errs = append(errs, sdk.At(fmt.Errorf("must be between 0 and %d", maxLogTail), "log_tail"))
	}
	if p := a.CustomProperty; p != nil {
		errs = append(errs, sdk.At(p.check(), "custom_property"))
	}
	return errors.Join(errs...)
}

// checkSelector wants exactly one. The second of several is the one told: it is
// the more likely slip.
func (a *Arguments) checkSelector() error {
	var given []string
	for _, s := range []struct {
		name  string
		given bool
	}{
		{"task_id", a.TaskID != ""},
		{"task_name", a.TaskName != ""},
		{"tag", a.Tag != ""},
		{"custom_property", a.CustomProperty != nil},
	} {
		if s.given {
			given = append(given, s.name)
		}
	}
	switch len(given) {
	case 0:
		return errors.New("needs exactly one of task_id, task_name, tag and custom_property")
	case 1:
		return nil
	}
	return sdk.At(fmt.Errorf("is not used with %s; give only one of task_id, task_name, tag and custom_property", given[0]), given[1])
}

func (p *CustomProperty) check() error {
	var empty error
	if p.Name == "" {
		empty = sdk.At(errors.New("must not be empty"), "name")
	}
	return errors.Join(empty,
		sdk.At(checkName(p.Name, maxPropertyName), "name"),
		sdk.At(checkName(p.Value, maxPropertyValue), "value"))
}

// checkName refuses what cannot be the name of anything in Qlik Sense.
func checkName(text string, limit int) error {
	switch {
	case utf8.RuneCountInString(text) > limit:
		return fmt.Errorf("must not be longer than %d characters", limit)
	case hasControl(text) || !utf8.ValidString(text):
		return errors.New("must not contain control characters")
	}
	return nil
}

// isGUID takes the one form that Qlik Sense shows; uuid.Parse alone takes more.
func isGUID(text string) bool {
	const length = 36
	_, err := uuid.Parse(text)
	return err == nil && len(text) == length
}
