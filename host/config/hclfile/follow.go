package hclfile

import (
	"slices"
	"strings"

	"butlerd/host/schedule"
)

// ruleOf is the notify rule that a follow-up is of; empty for one of the schedule's own.
// Such a follow-up is named "notify.<rule>.<occasion>".
func ruleOf(f schedule.FollowUp) string {
	rest, ok := strings.CutPrefix(f.Name, "notify.")
	if !ok {
		return ""
	}
	return strings.TrimSuffix(rest, "."+string(f.On))
}

// rules are the notify rules of follow-ups, each once.
func rules(list []schedule.FollowUp) []string {
	var names []string
	for _, f := range list {
		if name := ruleOf(f); name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// followUps adds those of the schedule's own, a block for each: so they keep their
// order, and the names that follow from it.
func (b Body) followUps(list []schedule.FollowUp, schemas Schemas) error {
	for _, f := range list {
		if ruleOf(f) != "" {
			continue
		}
		k := b.Block("on_" + string(f.On))
		if f.Action == nil {
			k.Texts("start", f.Start)
			continue
		}
		if err := k.action(*f.Action, schemas); err != nil {
			return err
		}
	}
	return nil
}
