//go:build unix

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
)

// call is something that arrived at the QRS, the engine or the sink.
type call struct {
	Src, Method, URL, Body string
	Status                 int
	Params                 []any
}

// effect is what a request brought about outside, as text: the start of a task, the
// reload of an app or a message. Questions are none: how many are asked is up to
// who asks.
type effect = string

// effects are counted, for what comes next to be told from what was before.
type effects struct{ starts, reloads, messages int }

func started(task string) effect { return "start " + task }

func reloaded(app string, mode int, partial bool) effect {
	return fmt.Sprintf("reload %s in mode %d, partial: %t", app, mode, partial)
}

// posted has the members of the body in the order of their names.
func posted(method, path, body string) effect {
	var value any
	if json.Unmarshal([]byte(body), &value) == nil {
		if text, err := json.Marshal(value); err == nil {
			body = string(text)
		}
	}
	return method + " " + path + " " + body
}

// recordedEffects are those of a record, in order of the text. Butler starts what is
// named several times several times, butlerd once.
func recordedEffects(record record) []effect {
	var list []effect
	app := ""
	for _, c := range record.Calls {
		switch {
		case c.Src == "sink":
			list = append(list, posted(c.Method, c.URL, c.Body))
		case c.Src == "qrs" && c.Method == http.MethodPost && c.Status == http.StatusNoContent:
			rest := strings.TrimPrefix(c.URL, "/qrs/task/")
			id, _, _ := strings.Cut(rest, "/")
			list = append(list, started(id))
		case c.Method == "OpenDoc":
			app, _ = c.Params[0].(string)
		case c.Method == "DoReload":
			mode, _ := c.Params[0].(float64)
			partial, _ := c.Params[1].(bool)
			list = append(list, reloaded(app, int(mode), partial))
		}
	}
	slices.Sort(list)
	return list
}

// arrived are the effects since w.seen, and how many there are now.
func (w *world) arrived() ([]effect, effects) {
	var list []effect
	starts, reloads, messages := w.repo.Starts(), w.engine.Reloads(), w.sink.messages()
	for _, s := range starts[w.seen.starts:] {
		if s.SessionID != uuid.Nil {
			list = append(list, started(s.TaskID.String()))
		}
	}
	for _, r := range reloads[w.seen.reloads:] {
		list = append(list, reloaded(r.AppID, r.Mode, r.Partial))
	}
	list = append(list, messages[w.seen.messages:]...)
	slices.Sort(list)
	return list, effects{len(starts), len(reloads), len(messages)}
}

// checkEffects waits for what is to come of a request. What comes too much is found
// here or at the next record.
func (r *replay) checkEffects(t *testing.T, record record, d deviation) {
	t.Helper()
	want := recordedEffects(record)
	if d.effects != nil {
		want = slices.Sorted(slices.Values(d.effects))
	}
	if d.late {
		r.owed = append(r.owed, want...)
		return
	}
	if record.Unstable {
		r.checkFirings(t, record, want)
		return
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	got, seen := r.arrived()
	for len(got) < len(want) && pause(ctx, 10*time.Millisecond) == nil {
		got, seen = r.arrived()
	}
	r.seen = seen
	if diff := cmp.Diff(want, got); diff != "" && len(want)+len(got) > 0 {
		t.Errorf("record %d (%s): it brought about (-want +got):\n%s", record.N, record.Name, diff)
	}
}

// checkFirings looks at what a schedule has done that fires every second: as often
// as it happens to, but only what it is for. Once it was stopped it ends.
func (r *replay) checkFirings(t *testing.T, record record, of []effect) {
	t.Helper()
	if strings.HasSuffix(record.Request.Path, "/stop") {
		of = r.firing
		r.settle(t)
	}
	got, seen := r.arrived()
	for _, e := range got {
		if !slices.Contains(of, e) {
			t.Errorf("record %d (%s): it brought about: %s", record.N, record.Name, e)
		}
	}
	r.seen, r.firing = seen, of
}

// checkOwed finds, once no run is open any more, what came after its answer.
func (w *world) checkOwed(t *testing.T) {
	t.Helper()
	got, seen := w.arrived()
	if diff := cmp.Diff(slices.Sorted(slices.Values(w.owed)), got); diff != "" && len(w.owed)+len(got) > 0 {
		t.Errorf("what was to come late (-want +got):\n%s", diff)
	}
	w.seen, w.owed = seen, nil
}

// settle waits until no run is open, and finds what has come too late of it.
func (w *world) settle(t *testing.T) {
	t.Helper()
	if w.config == "golden-noqrs" {
		return // runs there wait for Qlik Sense to come back
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for {
		var page struct {
			Runs []struct{ ID string }
		}
		status, err := request(ctx, http.MethodGet, w.host.url+"/api/v1/runs?state=waiting&state=running&limit=1", "", &page)
		if err != nil || status != http.StatusOK {
			t.Fatalf("asking for open runs: %d, %v", status, err)
		}
		if len(page.Runs) == 0 {
			return
		}
		if err := pause(ctx, 20*time.Millisecond); err != nil {
			t.Fatalf("run %s has not ended", page.Runs[0].ID)
		}
	}
}
