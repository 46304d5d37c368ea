package shadow

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// askTimeout bounds one question to Qlik Sense.
const askTimeout = 2 * time.Minute

// Asked finds tasks by asking Qlik Sense, and notes in the journal what it said. When
// it does not answer, what it said last counts.
func Asked(ctx context.Context, asker Asker, j *Journal) func(selection) ([]string, error) {
	return func(sel selection) ([]string, error) {
		name := sel.String()
		noted, known := j.history.Tasks[name]
		if known && j.asked[name] {
			return noted, nil
		}
		ids, err := ask(ctx, asker, sel)
		switch {
		case err != nil && known:
			return noted, nil
		case err != nil:
			return nil, fmt.Errorf("which tasks have the %s is not known: %w", name, err)
		}
		j.asked[name] = true
		return ids, j.append(line{Tasks: &taskLine{Selector: name, IDs: ids}})
	}
}

// Noted finds tasks in what a journal holds.
func Noted(h *History) func(selection) ([]string, error) {
	return func(sel selection) ([]string, error) {
		ids, known := h.Tasks[sel.String()]
		if !known {
			return nil, fmt.Errorf("which tasks have the %s was not asked yet", sel)
		}
		return ids, nil
	}
}

func ask(ctx context.Context, asker Asker, sel selection) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	arguments := map[string]any{}
	if sel.Tag != "" {
		arguments["tags"] = []string{sel.Tag}
	} else {
		arguments["custom_properties"] = []customProperty{*sel.CustomProperty}
	}
	type found struct {
		Tasks []struct{ ID string }
	}
	var answer struct {
		ByTag            []found `json:"by_tag"`
		ByCustomProperty []found `json:"by_custom_property"`
	}
	if err := asker.Query(ctx, tasksQuery, arguments, &answer); err != nil {
		return nil, err
	}
	ids := []string{}
	for _, f := range append(answer.ByTag, answer.ByCustomProperty...) {
		for _, task := range f.Tasks {
			ids = append(ids, strings.ToLower(task.ID))
		}
	}
	return ids, nil
}
