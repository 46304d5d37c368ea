package reload

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"butlerd/plugins/qlik-sense-reload/qrs"
)

// maxResults is how many results one query reads. The answer fits into a message,
// also when tasks have long names.
const maxResults = 2000

var errDense = errors.New("reading execution results: Qlik Sense has more of one millisecond than are read at once")

// history reads what was executed in a time.
type history struct {
	client   *qrs.Client
	from, to time.Time // to the millisecond
}

// list makes the answer.
func (h *history) list(ctx context.Context) (ExecutionList, error) {
	results, until, err := h.results(ctx)
	if err != nil {
		return ExecutionList{}, err
	}
	list := ExecutionList{Executions: executions(results), Complete: until.Equal(h.to), Until: until}
	return list, h.name(ctx, list.Executions)
}

// results reads those that began before a time that it looks for between the latest
// before which there are none, and the earliest before which there are too many. The
// plain way to read rows in parts sends them in no order that is promised.
func (h *history) results(ctx context.Context) (results []qrs.Result, until time.Time, err error) {
	none, many, limit := h.from, h.to, maxResults
	for until = h.to; ; until = none.Add(many.Sub(none) / 2).Truncate(time.Millisecond) {
		n, err := h.client.CountBetween(ctx, h.from, until)
		switch {
		case err != nil:
			return nil, until, err
		case n == 0 && until.Equal(h.to):
			return nil, until, nil
		case n == 0:
			none = until
		case n > limit:
			many = until
		default:
			results, err = h.client.ResultsBetween(ctx, h.from, until)
			if err != nil || len(results) >= n || len(results) == 0 { // old ones may have been deleted meanwhile
				return results, until, err
			}
			many, limit = until, len(results) // the site sends no more
		}
		if many.Sub(none) <= time.Millisecond {
			return nil, until, errDense
		}
	}
}

// executions puts the attempts of each execution together, which are newest first.
func executions(results []qrs.Result) []Execution {
	list, at := []Execution{}, map[uuid.UUID]int{}
	for _, r := range slices.Backward(results) {
		id := r.ExecutionID
		if id == uuid.Nil {
			id = r.ID
		}
		i, known := at[id]
		if !known {
			i = len(list)
			at[id] = i
			list = append(list, Execution{ID: id.String(), TaskID: r.TaskID.String(), StartedAt: r.StartTime.Time})
		}
		list[i].Status, list[i].EndedAt = r.Status.String(), endOf(r)
	}
	slices.SortFunc(list, func(a, b Execution) int {
		return cmp.Or(a.StartedAt.Compare(b.StartedAt), strings.Compare(a.ID, b.ID))
	})
	return list
}

// endOf is when an execution ended by its last attempt. After one that is tried
// again another comes.
func endOf(r qrs.Result) *time.Time {
	if r.StopTime.IsZero() || r.Status == qrs.Retry {
		return nil
	}
	return &r.StopTime.Time
}

// name fills in the names of tasks, which results do not have.
func (h *history) name(ctx context.Context, list []Execution) error {
	var ids []string
	for _, e := range list {
		ids = append(ids, e.TaskID)
	}
	var mu sync.Mutex
	names := map[string]string{}
	chunks := slices.Collect(slices.Chunk(distinct(ids), qrs.MaxIDs))
	err := each(ctx, len(chunks), func(ctx context.Context, i int) error {
		tasks, err := h.client.Tasks(ctx, qrs.AnyID("id", chunks[i]))
		mu.Lock()
		defer mu.Unlock()
		for _, t := range tasks {
			names[t.ID.String()] = t.Name
		}
		return err
	})
	for i := range list {
		list[i].TaskName = names[list[i].TaskID]
	}
	return err
}
