// Package taskfilter says which reload tasks may be started over the API.
//
// It is the rule alone. It knows nothing of Qlik Sense, and is not asked about
// schedules that a file declares: whoever writes the file may start anything.
package taskfilter

import "strings"

// Filter is what may be started. The zero value lets everything pass.
type Filter struct {
	// On says that only what is listed may be started.
	On bool
	// TaskIDs are GUIDs, in lower case.
	TaskIDs map[string]bool
	// Tags may be started by name, whatever tasks have them.
	Tags map[string]bool
	// Properties may be started likewise.
	Properties map[Property]bool
}

// Property is a value of a custom property.
type Property struct{ Name, Value string }

// Task says whether the task of an id may be started by its id. The case of the
// id does not matter.
func (f Filter) Task(id string) bool { return !f.On || f.TaskIDs[strings.ToLower(id)] }

// Tag says whether the tasks with a tag may be started by the tag.
func (f Filter) Tag(name string) bool { return !f.On || f.Tags[name] }

// Property says whether the tasks with a value of a custom property may be started
// by it.
func (f Filter) Property(name, value string) bool {
	return !f.On || f.Properties[Property{name, value}]
}
