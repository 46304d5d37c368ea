package taskfilter_test

import (
	"testing"

	"butlerd/host/taskfilter"
)

const id = "0fe447a9-ba1f-44a9-ac23-68c3a1d88d8b"

func TestEverythingPassesWithoutAFilter(t *testing.T) {
	t.Parallel()
	var f taskfilter.Filter
	if !f.Task(id) || !f.Tag("t") || !f.Property("p", "v") {
		t.Error("something is held back")
	}
}

func TestOnlyWhatIsListedPasses(t *testing.T) {
	t.Parallel()
	f := taskfilter.Filter{
		On:         true,
		TaskIDs:    map[string]bool{id: true},
		Tags:       map[string]bool{"t": true},
		Properties: map[taskfilter.Property]bool{{Name: "p", Value: "v"}: true},
	}
	for what, passes := range map[string]bool{
		"the task":                     f.Task(id),
		"the task in upper case":       f.Task("0FE447A9-BA1F-44A9-AC23-68C3A1D88D8B"),
		"the tag":                      f.Tag("t"),
		"the property":                 f.Property("p", "v"),
		"no other task":                !f.Task("7552d9fc-d1bb-4975-9a38-18357de531ea"),
		"no tag in another case":       !f.Tag("T"),
		"no property of another value": !f.Property("p", "w"),
		"no property of another name":  !f.Property("q", "v"),
		"nothing with an empty name":   !f.Task("") && !f.Tag("") && !f.Property("", ""),
	} {
		if !passes {
			t.Errorf("%s: otherwise", what)
		}
	}
}
