package host_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"butlerd/host/dispatch"
	"butlerd/host/hosttest"
	"butlerd/host/plugin"
	"butlerd/host/run"
	"butlerd/host/store"
	"butlerd/sdk"
)

type name struct {
	Name string `hcl:"name"`
}

// askable offers a query and an action that accepts, then goes on for an hour.
func askable() sdk.Plugin {
	return sdk.Plugin{Name: "askable", Version: "1.0.0", Actions: []sdk.Action{
		sdk.NewQuery("names", func(_ context.Context, n name) (answer, error) {
			if n.Name == "" {
				return answer{}, sdk.Permanent(errors.New("nobody has no name"))
			}
			return answer{Text: n.Name}, nil
		}),
		sdk.NewAction("call", func(_ context.Context, r *sdk.Run, n name) (answer, error) {
			r.Accepted()
			time.Sleep(time.Hour)
			return answer{Text: n.Name}, nil
		}),
	}}
}

func startAskable(t *testing.T) *hosttest.Host {
	t.Helper()
	return hosttest.Start(t, "plugin \"askable\" {\n}\n", hosttest.Options{Plugins: map[string]func() sdk.Plugin{"askable": askable}})
}

func TestQueriesOfCallers(t *testing.T) {
	t.Parallel()
	inBubble(t, "are answered by the plugin that has them", func(t *testing.T) {
		h := startAskable(t)
		got, err := h.Work().Query(t.Context(), "names", []byte(`{"name":"you"}`))
		if err != nil || string(got) != `{"text":"you"}` {
			t.Errorf("got %s, %v", got, err)
		}
		var said *plugin.QueryError
		if _, err := h.Work().Query(t.Context(), "names", []byte(`{"name":""}`)); !errors.As(err, &said) || !said.Permanent {
			t.Errorf("got %v", err)
		}
		for _, none := range []string{"call", "nobody"} {
			if _, err := h.Work().Query(t.Context(), none, []byte(`{}`)); !errors.Is(err, dispatch.ErrNoAction) {
				t.Errorf("%s: %v", none, err)
			}
		}
		if _, err := h.Work().Perform(t.Context(), dispatch.Ask{Action: "names", Work: run.Work{Arguments: []byte(`{}`)}}); !errors.Is(err, dispatch.ErrNoAction) {
			t.Errorf("performing a query: %v", err)
		}
	})
}

// These need a store that keeps the work of runs.
func TestWorkOfCallers(t *testing.T) {
	t.Parallel()
	inBubble(t, "is answered once it is accepted, and is in the ledger", func(t *testing.T) {
		h := startAskable(t)
		p, err := h.Work().Perform(t.Context(), dispatch.Ask{
			Action: "call", By: "test", Until: dispatch.UntilAccepted,
			Work: run.Work{Arguments: []byte(`{"name":"you"}`), OnSuccess: []run.Next{{Action: "call", Arguments: []byte(`{"name":"me"}`)}}},
		})
		if err != nil || !p.Accepted || p.Run.State != run.Running {
			t.Fatalf("got %+v, %v", p, err)
		}
		if body := h.Do("GET", "/api/v1/runs/"+p.Run.ID, "").Body; !strings.Contains(body, `"schedule_id":null,"schedule_name":null,"schedule_version":null`) {
			t.Errorf("v1 shows %s", body)
		}
		time.Sleep(3 * time.Hour)
		synctest.Wait()
		page, err := h.Ledger().Runs(t.Context(), store.RunQuery{Limit: 10})
		if err != nil || len(page.Runs) != 2 {
			t.Fatalf("runs = %+v, %v", page.Runs, err)
		}
		if next := page.Runs[0]; next.ParentID != p.Run.ID || next.State != run.Succeeded || next.ScheduleID != "" {
			t.Errorf("what followed: %+v", next)
		}
	})
}
