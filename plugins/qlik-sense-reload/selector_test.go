package reload

import (
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"butlerd/plugins/qlik-sense-reload/qrssim"
	"butlerd/sdk/sdktest"
)

func guid(n byte) uuid.UUID { return uuid.UUID{6: 0x40, 8: 0x80, 15: n} }

// program is a task that needs no app.
func program(n byte, name string, tags ...string) qrssim.SeedTask {
	return qrssim.SeedTask{ID: guid(n), Name: name, Type: "external_program", Path: "x", Tags: tags}
}

// namesakes are tasks whose names, tags and properties are alike.
func namesakes() *qrssim.Seed {
	tagged := program(5, "mixed", "it's å & #1")
	tagged.CustomProperties = []qrssim.SeedValue{{Name: "group", Value: "O'Brien"}, {Name: "owner", Value: "nightly"}}
	right := program(6, "right")
	right.CustomProperties = []qrssim.SeedValue{{Name: "group", Value: "nightly"}, {Name: "group", Value: "b"}}
	return &qrssim.Seed{
		Nodes:            []qrssim.SeedNode{{Name: "qs1.example.com"}},
		Tags:             []string{"it's å & #1", "two"},
		CustomProperties: []qrssim.SeedProperty{{Name: "group"}, {Name: "owner"}},
		Tasks: []qrssim.SeedTask{
			program(1, "Same"), program(2, "Same"), program(3, "Finance"), program(4, "FINANCE"),
			tagged, right, program(7, "b", "two"), program(8, "a", "two"),
			program(9, `Åsa's reload: 100 % & more, "C:\data" #1`),
		},
	}
}

func TestSelectors(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		arguments string
		want      []string // names, in order
		err       string
	}{
		"an id":                            {`{"task_id": "00000000-0000-4000-8000-000000000003"}`, []string{"Finance"}, ""},
		"an unknown id":                    {`{"task_id": "00000000-0000-4000-8000-0000000000FF"}`, nil, "no task in Qlik Sense has the id 00000000-0000-4000-8000-0000000000FF, or the user may not see it"},
		"a name":                           {`{"task_name": "right"}`, []string{"right"}, ""},
		"a name with all there is":         {`{"task_name": "Åsa's reload: 100 % & more, \"C:\\data\" #1"}`, []string{`Åsa's reload: 100 % & more, "C:\data" #1`}, ""},
		"the name as it is written":        {`{"task_name": "FINANCE"}`, []string{"FINANCE"}, ""},
		"a name in another case":           {`{"task_name": "RIGHT"}`, []string{"right"}, ""},
		"a name of two in another case":    {`{"task_name": "finance"}`, nil, `2 tasks in Qlik Sense have the name "finance"; use task_id with one of 00000000-0000-4000-8000-000000000004, 00000000-0000-4000-8000-000000000003`},
		"a name of two":                    {`{"task_name": "Same"}`, nil, `2 tasks in Qlik Sense have the name "Same"; use task_id with one of 00000000-0000-4000-8000-000000000001, 00000000-0000-4000-8000-000000000002`},
		"an unknown name":                  {`{"task_name": "' or name ne '"}`, nil, `no task in Qlik Sense has the name "' or name ne '"`},
		"a tag":                            {`{"tag": "two"}`, []string{"a", "b"}, ""},
		"a tag with all there is":          {`{"tag": "it's å & #1"}`, []string{"mixed"}, ""},
		"an unknown tag":                   {`{"tag": "none"}`, nil, `no task in Qlik Sense has the tag "none"`},
		"a property":                       {`{"custom_property": {"name": "Group", "value": "o'brien"}}`, []string{"mixed"}, ""},
		"the value of the very property":   {`{"custom_property": {"name": "group", "value": "nightly"}}`, []string{"right"}, ""},
		"a value of another property only": {`{"custom_property": {"name": "owner", "value": "b"}}`, nil, `no task in Qlik Sense has the value "b" of the custom property "owner"`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, qrssim.Options{Seed: namesakes()})
				r := b.run(tt.arguments)
				if tt.err != "" {
					wantStatus(t, r, sdktest.Failed)
					wantText(t, "error", r.Err, tt.err)
					if r.Retry != sdktest.Never || len(b.sim.Starts()) > 0 {
						t.Errorf("retry %q, starts %v", r.Retry, b.sim.Starts())
					}
					return
				}
				wantStatus(t, r, sdktest.Succeeded)
				report := reportOf(t, r)
				var names []string
				for _, task := range report.Tasks {
					names = append(names, task.Name)
					if b.took(task.ID) != 1 {
						t.Errorf("%s was started %d times", task.Name, b.took(task.ID))
					}
				}
				if diff := cmp.Diff(tt.want, names); diff != "" {
					t.Error(diff)
				}
				if len(b.sim.Starts()) != len(tt.want) {
					t.Errorf("started %v", b.sim.Starts())
				}
			})
		})
	}
}

func TestTooManyTasksAreNotStarted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		seed := &qrssim.Seed{Nodes: []qrssim.SeedNode{{Name: "qs1"}}, Tags: []string{"all"}}
		for i := range maxTasks + 1 {
			task := program(0, "x", "all")
			task.ID[14], task.ID[15] = byte(i>>8), byte(i)
			seed.Tasks = append(seed.Tasks, task)
		}
		b := newBench(t, qrssim.Options{Seed: seed})
		r := b.run(`{"tag": "all"}`)
		wantStatus(t, r, sdktest.Failed)
		wantText(t, "error", r.Err, `501 tasks in Qlik Sense have the tag "all"; at most 500 are started at once`)
		if len(b.sim.Starts()) > 0 {
			t.Error("some were started")
		}
	})
}
