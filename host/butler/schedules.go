package butler

import (
	"fmt"
	"time"
)

// maxSchedules is how many schedules are read.
const maxSchedules = 100_000

// Schedule is a schedule as Butler's file has it.
type Schedule struct {
	Place          string // "schedule.yaml:12"
	ID             string // may be anything, or missing
	Name           string
	Cron           string
	Timezone       string // stored by Butler, and not heeded
	TaskID         string
	StartupState   string
	LastKnownState string
	Created        *time.Time // nil: not said, or not as a time
	Undated        string     // what it says was when it was created, and is no time
	Tags           []string
	Unknown        []string // other members
}

// ReadSchedules reads Butler's schedule file. The name of the file is for errors.
func ReadSchedules(file string, text []byte) ([]Schedule, error) {
	root, err := parse(file, text)
	if err != nil {
		return nil, err
	}
	top, err := root.pairs("the file")
	if err != nil {
		return nil, err
	}
	for _, p := range top {
		if p.key == "butlerSchedule" {
			return readSchedules(p.value)
		}
	}
	return nil, fmt.Errorf("%s: there is no butlerSchedule in it, so it is not a schedule file of Butler", file)
}

func readSchedules(n node) ([]Schedule, error) {
	items, err := n.items("butlerSchedule")
	if err != nil {
		return nil, err
	}
	if len(items) > maxSchedules {
		return nil, n.wrong("there are more than %d schedules", maxSchedules)
	}
	list := make([]Schedule, 0, len(items))
	for _, item := range items {
		s, err := readSchedule(item)
		if err != nil {
			return nil, err
		}
		list = append(list, s)
	}
	return list, nil
}

func readSchedule(n node) (Schedule, error) {
	s := Schedule{Place: n.place()}
	members, err := n.pairs("a schedule")
	if err != nil {
		return s, err
	}
	if len(members) == 0 {
		return s, n.wrong("a schedule must have members, such as name and cronSchedule")
	}
	var created string
	texts := map[string]*string{
		"id": &s.ID, "name": &s.Name, "cronSchedule": &s.Cron, "timezone": &s.Timezone, "qlikSenseTaskId": &s.TaskID,
		"startupState": &s.StartupState, "lastKnownState": &s.LastKnownState, "created": &created,
	}
	for _, m := range members {
		switch to, known := texts[m.key]; {
		case known:
			*to, err = m.value.text(m.key)
		case m.key == "tags":
			s.Tags, err = textsOf(m.value, "tags")
		default:
			s.Unknown = append(s.Unknown, m.key)
		}
		if err != nil {
			return s, err
		}
	}
	if t, err := time.Parse(time.RFC3339, created); err == nil && t.UTC().Year() >= 1 && t.UTC().Year() <= 9999 {
		s.Created = &t
	} else {
		s.Undated = created
	}
	return s, nil
}

func textsOf(n node, what string) ([]string, error) {
	items, err := n.items(what)
	if err != nil {
		return nil, err
	}
	var list []string
	for _, item := range items {
		text, err := item.text("an element of " + what)
		if err != nil {
			return nil, err
		}
		list = append(list, text)
	}
	return list, nil
}
