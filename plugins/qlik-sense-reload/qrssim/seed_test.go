package qrssim

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func mustSeed(t *testing.T, format string, args ...any) *Seed {
	t.Helper()
	seed, err := ParseSeed(fmt.Appendf(nil, format, args...))
	if err != nil {
		t.Fatal(err)
	}
	return seed
}

func TestDefaultSeedHasTheTasksOfButler(t *testing.T) {
	t.Parallel()
	tasks := map[string]SeedTask{}
	for _, task := range DefaultSeed().Tasks {
		tasks[task.ID.String()] = task
	}
	for id, want := range map[string]SeedTask{
		app1Task: {Name: "Reload task of App1", Tags: []string{"startTask1"}, CustomProperties: []SeedValue{{"taskGroup", "tasks1"}}},
		app2Task: {Name: "Reload task of App2", Tags: []string{"startTask1", "startTask2"}, CustomProperties: []SeedValue{{"taskGroup", "tasks2"}}},
		app3Task: {Name: "Reload task of App3 åäö", Tags: []string{"it's"}, CustomProperties: []SeedValue{{"taskGroup", "tasks2"}, {"Owner", "a b"}}},
		app4Task: {Name: "Reload task of App4"},
	} {
		got := SeedTask{Name: tasks[id].Name, Tags: tasks[id].Tags, CustomProperties: tasks[id].CustomProperties}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("task %s (-want +got):\n%s", id, diff)
		}
	}
}

func TestParseSeedFillsIn(t *testing.T) {
	t.Parallel()
	first := mustSeed(t, `{"apps":[{"name":"A"}],"tasks":[{"name":"T","app":"A"},{"name":"P","type":"external_program"}]}`)
	again := mustSeed(t, `{"apps":[{"name":"A"}],"tasks":[{"name":"T","app":"A"},{"name":"P","type":"external_program"}]}`)
	if diff := cmp.Diff(first, again); diff != "" {
		t.Errorf("ids differ from one time to the next:\n%s", diff)
	}
	task := first.Tasks[0]
	if task.Type != "reload" || task.Outcome != "success" || task.TimeoutMinutes != 1440 {
		t.Errorf("defaults = %+v", task)
	}
}

func TestParseSeedRefuses(t *testing.T) {
	t.Parallel()
	task := func(members string) string {
		return `{"tags":["x"],"customProperties":[{"name":"p","choices":["a"]},{"name":"q"}],"apps":[{"name":"A"}],"tasks":[{"name":"T","app":"A"` + members + `}]}`
	}
	tests := []struct{ name, seed, want string }{
		{"no JSON", `hello`, "line 1"},
		{"broken JSON and tells the line", "{\n\"tags\": [\n,]}", "line 3"},
		{"a value of another type", `{"tags":"x"}`, "cannot unmarshal"},
		{"an unknown member", `{"nods":[]}`, `unknown field "nods"`},
		{"two documents", `{} {}`, "after the end"},
		{"a node without a name", `{"nodes":[{}]}`, "nodes[0]: the name is missing"},
		{"two tags of one name", `{"tags":["x","x"]}`, `tags[1]: the name "x" is that of another tag`},
		{"two apps of one name", `{"apps":[{"name":"A"},{"name":"A","id":"` + app1Task + `"}]}`, `apps[1]: the name "A" is that of another app`},
		{"a long tag", `{"tags":["` + strings.Repeat("x", 256) + `"]}`, "tags[0]: the name is longer than 255"},
		{"a long custom property", `{"customProperties":[{"name":"` + strings.Repeat("x", 101) + `"}]}`, "longer than 100"},
		{"a bad id", task(`,"id":"1"`), "invalid UUID"},
		{"two tasks of one name without ids", `{"tasks":[{"name":"T","type":"user_sync"},{"name":"T","type":"user_sync"}]}`, "tasks[1]: its id"},
		{"a task without a name", `{"tasks":[{"type":"user_sync"}]}`, "tasks[0]: the name is missing"},
		{"a task without an app", `{"tasks":[{"name":"T"}]}`, "tasks[0]: the app is missing"},
		{"a task of an unknown app", `{"tasks":[{"name":"T","app":"B"}]}`, `there is no app "B"`},
		{"an app of a program", task(`,"type":"external_program"`), "a task of type external_program has no app"},
		{"an unknown type", task(`,"type":"x"`), `the type "x" is none of ["reload"`},
		{"an unknown tag", task(`,"tags":["y"]`), `there is no tag "y"`},
		{"an unknown custom property", task(`,"customProperties":[{"name":"r","value":"a"}]`), `there is no custom property "r"`},
		{"a value that is no choice", task(`,"customProperties":[{"name":"p","value":"b"}]`), `"b" is no choice of custom property "p"`},
		{"an unknown outcome", task(`,"outcome":"x"`), `the outcome "x" is none of`},
		{"too many retries", task(`,"maxRetries":21`), "maxRetries is 21, not 0 to 20"},
		{"negative failures", task(`,"failures":-1`), "failures is -1"},
		{"a bad timeout", task(`,"timeoutMinutes":-1`), "timeoutMinutes is -1"},
		{"a bad duration", task(`,"reloadTime":"soon"`), "invalid duration"},
		{"a negative duration", task(`,"reloadTime":"-1s"`), "reloadTime is -1s"},
		{"a long name", task(`,"error":"` + strings.Repeat("x", 5000) + `"`), "longer than 4096"},
		{"too many rows", `{"tags":[""` + strings.Repeat(`,""`, maxRows) + `]}`, "at most 20000"},
		{"too long a text", strings.Repeat(" ", maxSeed+1), "longer than"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			seed, err := ParseSeed([]byte(tt.seed))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error = %.300v, want one with %q", err, tt.want)
			}
			if seed != nil {
				t.Error("there is a seed beside the error")
			}
		})
	}
}

func TestParseSeedReportsEverything(t *testing.T) {
	t.Parallel()
	_, err := ParseSeed([]byte(`{"tasks":[{"name":"T"},{"name":"U","app":"B","maxRetries":99}]}`))
	if got := strings.Count(fmt.Sprint(err), "\n") + 1; got != 3 {
		t.Errorf("%d problems, want 3: %v", got, err)
	}
}

func TestLoadSeed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	if seed, err := LoadSeed(write("good.json", `{"tags":["x"]}`)); err != nil || len(seed.Tags) != 1 {
		t.Errorf("LoadSeed() = %v, %v", seed, err)
	}
	for _, path := range []string{write("bad.json", `{"tags":1}`), filepath.Join(dir, "missing.json")} {
		if _, err := LoadSeed(path); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("error = %v, want one that names %s", err, path)
		}
	}
}

func FuzzParseSeed(f *testing.F) {
	f.Add(defaultSeed)
	f.Add([]byte(`{"tags":["x"],"apps":[{"name":"A"}],"tasks":[{"name":"T","app":"A","tags":["x"]}]}`))
	f.Add([]byte(`{"tasks":[{"name":"T","type":"user_sync","id":"` + app1Task + `"}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		seed, err := ParseSeed(text)
		if err != nil {
			return
		}
		s, err := New(Options{Seed: seed})
		if err != nil {
			t.Fatalf("a seed that was read is refused: %v", err)
		}
		b := bench{s, t}
		if got := len(b.names("/qrs/task")); got != len(seed.Tasks) {
			t.Errorf("%d tasks, want %d", got, len(seed.Tasks))
		}
	})
}
