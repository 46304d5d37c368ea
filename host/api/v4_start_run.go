package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"

	"butlerd/host/dispatch"
	"butlerd/host/run"
)

// startsAtOnce is how many starts of one request are under way.
const startsAtOnce = 16

// start is what became of the start of a task.
type start struct {
	task  task
	taken bool // by Qlik Sense
	// refused says that Qlik Sense did not want to: it executes the task already, or the
	// task is disabled there.
	refused bool
	err     error // nil: taken, or refused
}

// starts are the starts of one request by the tasks' ids.
type starts map[string]start

// startAll starts tasks, and returns when it is known of each whether Qlik Sense has
// taken it, or when ctx is done.
func (v v4) startAll(ctx context.Context, tasks []task) starts {
	all := starts{}
	var mu sync.Mutex
	var wg sync.WaitGroup
	slots := make(chan struct{}, startsAtOnce)
	for _, t := range tasks {
		slots <- struct{}{} // a start ends soon after ctx, so this does too
		wg.Go(func() {
			defer func() { <-slots }()
			s := v.startOne(ctx, t)
			mu.Lock()
			defer mu.Unlock()
			all[t.TaskID] = s
		})
	}
	wg.Wait()
	return all
}

func (v v4) startOne(ctx context.Context, t task) start {
	s := start{task: t}
	arguments, err := json.Marshal(reloadArguments{t.TaskID})
	if err != nil {
		s.err = err
		return s
	}
	done, err := v.opts.Work.Perform(ctx, dispatch.Ask{
		Action: reloadAction, Work: run.Work{Arguments: arguments}, By: byAPI, Until: dispatch.UntilAccepted,
	})
	switch {
	case err != nil:
		s.err = workFault(err, reloadAction)
	case done.Accepted:
		s.taken = true
	case done.Run.State.Open():
		s.err = lateFault(fmt.Sprintf("Qlik Sense has not answered in time whether it starts the task; run %s tells", done.Run.ID))
	case isRefused(done.Result):
		s.refused = true
	default:
		s.err = endFault(done.Run)
	}
	return s
}

// reloadArguments are those of reloadAction.
type reloadArguments struct {
	TaskID string `json:"task_id"`
}

// isRefused says whether a run started nothing because Qlik Sense would not have it, by
// the report that is its result.
func isRefused(result []byte) bool {
	var report struct {
		Tasks []struct {
			Refused string `json:"refused"`
		} `json:"tasks"`
	}
	if json.Unmarshal(result, &report) != nil || len(report.Tasks) != 1 {
		return false
	}
	why := report.Tasks[0].Refused
	return why == "executing" || why == "disabled"
}

// maxTold is how many tasks a refusal names.
const maxTold = 20

// fault tells what could not be started, and what was all the same; nil when all is
// well. The worst of several errors gives the status: that of a plugin rather than
// that nothing was heard, since the former is known.
// Of what is none of the caller's business there is a mere word, and the log says more.
func (s starts) fault(tasks []task, note func(error)) error {
	var worst *fault
	var failed, taken []string
	for _, t := range tasks {
		one := s[t.TaskID]
		name := fmt.Sprintf("%s (%s)", one.task.TaskName, one.task.TaskID)
		if one.err == nil {
			if one.taken {
				taken = append(taken, name)
			}
			continue
		}
		f := faultOf(one.err)
		if f == nil {
			note(one.err)
			f = &fault{status: http.StatusInternalServerError, kind: kindInternal, detail: "internal error"}
		}
		failed = append(failed, name+": "+f.detail)
		if worst == nil || f.status < worst.status {
			worst = f
		}
	}
	if worst == nil {
		return nil
	}
	whole := *worst
	whole.detail = fmt.Sprintf("%d of %d tasks could not be started: %s", len(failed), len(s), told(failed))
	if len(taken) > 0 {
		whole.detail += ". Started: " + told(taken)
	}
	return &whole
}

// told lists what there is to tell, in order.
func told(list []string) string {
	slices.Sort(list)
	if more := len(list) - maxTold; more > 0 {
		list = append(list[:maxTold:maxTold], fmt.Sprintf("and %d more", more))
	}
	return strings.Join(list, "; ")
}
