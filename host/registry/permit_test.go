package registry

import (
	"errors"
	"testing"

	"butlerd/host/run"
	"butlerd/host/store"
)

func TestAScheduleOfTheAPIBindsNothingThatIsNotPermitted(t *testing.T) {
	t.Parallel()
	refused := errors.New("not this one")
	r := New(Options{
		PluginOf: func(string) string { return "p" },
		Permit: func(s store.Schedule) error {
			if s.ID == "refused" {
				return refused
			}
			return nil
		},
	})
	for _, id := range []string{"refused", "allowed"} {
		s := store.Schedule{Source: store.SourceAPI}
		s.ID, s.Action.Arguments = id, []byte(`{}`)
		r.entries[id] = &entry{Schedule: s}
	}
	file := store.Schedule{Source: store.SourceFile}
	file.ID = "refused"
	for id, want := range map[string]error{"refused": refused, "allowed": nil} {
		job, _ := r.Job(id)
		if _, err := job.Bind(run.Facts{}); !errors.Is(err, want) {
			t.Errorf("%s: %v", id, err)
		}
	}
	bound := func(run.Facts) ([]byte, error) { return []byte(`{}`), nil }
	r.entries["refused"] = &entry{Schedule: file, declared: &Declared{Bind: bound}}
	if job, _ := r.Job("refused"); job.Bind != nil {
		if _, err := job.Bind(run.Facts{}); err != nil {
			t.Errorf("one that a file declares: %v", err)
		}
	}
}
