package butler

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func file(t testing.TB, name string) []byte {
	t.Helper()
	text, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// recorded are schedules as Butler's API gave them.
type recorded struct {
	ID, Name, CronSchedule, Timezone, QlikSenseTaskID, StartupState, LastKnownState, Created string
	Tags                                                                                     []string
}

// TestReadSchedules reads a file that Butler wrote as what Butler's own API answered.
func TestReadSchedules(t *testing.T) {
	t.Parallel()
	var want []recorded
	if err := json.Unmarshal(file(t, "schedules-39-awkward-names.list.json"), &want); err != nil {
		t.Fatal(err)
	}
	list, err := ReadSchedules("schedule.yaml", file(t, "schedules-39-awkward-names.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var got []recorded
	for _, s := range list {
		got = append(got, recorded{s.ID, s.Name, s.Cron, s.Timezone, s.TaskID, s.StartupState, s.LastKnownState, s.Created.Format("2006-01-02T15:04:05.000Z"), s.Tags})
	}
	if diff := cmp.Diff(want, got); diff != "" || len(got) != 39 {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestReadSchedulesRefuses(t *testing.T) {
	t.Parallel()
	bomb := "a: &a [x,x,x,x,x,x,x,x,x]\n"
	for i, c := range "bcdefghijkl" {
		before := string("abcdefghijkl"[i])
		bomb += string(c) + ": &" + string(c) + " [" + strings.Repeat("*"+before+",", 9) + "]\n"
	}
	for name, tt := range map[string]struct{ text, says string }{
		"nothing":                 {"", "empty"},
		"another file":            {"Butler:\n  a: 1\n", "no butlerSchedule"},
		"a text":                  {"hello", "mapping"},
		"a mapping for a list":    {"butlerSchedule:\n  a: 1\n", "s.yaml:2: butlerSchedule must be a list"},
		"a text for a schedule":   {"butlerSchedule:\n  - a\n", "s.yaml:2: a schedule must be a mapping"},
		"a list for a name":       {"butlerSchedule:\n  - name:\n      - a\n", "s.yaml:3: name must be a text"},
		"a text for tags":         {"butlerSchedule:\n  - name: a\n    tags: x\n", "s.yaml:3: tags must be a list"},
		"a key twice":             {"butlerSchedule:\n  - name: a\n    name: b\n", "s.yaml:3: "},
		"no YAML":                 {"butlerSchedule:\n  - name: [a\n", "s.yaml:"},
		"references":              {bomb + "butlerSchedule: [*l]\n", "references"},
		"a merge key":             {"x: &x {name: a}\nbutlerSchedule:\n  - <<: *x\n", "merge keys"},
		"brackets without an end": {strings.Repeat("[", 100_000), "nested too deep"},
		"an indent without end":   {"butlerSchedule:\n" + strings.Repeat("- ", 100_000), "nested too deep"},
		"lines without end":       {"butlerSchedule:\n" + strings.Repeat("  - a:\n", 1<<20), "at most 300000 are read"},
		"lists without end":       {"butlerSchedule: [" + strings.Repeat("[],", 2_600_000) + "]", "at most 300000 are read"},
		"too much":                {strings.Repeat("#", MaxFile+1), "larger than 8 MiB"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			start := time.Now()
			_, err := ReadSchedules("s.yaml", []byte(tt.text))
			if err == nil || !strings.Contains(err.Error(), tt.says) || len(err.Error()) > 300 {
				t.Errorf("%.400v; want %q", err, tt.says)
			}
			if d := time.Since(start); d > 5*time.Second {
				t.Errorf("took %s", d)
			}
		})
	}
}

// FuzzReadSchedules reads any text: it must neither panic nor take for ever.
func FuzzReadSchedules(f *testing.F) {
	f.Add(file(f, "schedules-two.yaml"))
	f.Add(file(f, "schedules-39-awkward-names.yaml"))
	f.Fuzz(func(t *testing.T, text []byte) {
		list, err := ReadSchedules("s.yaml", text)
		if err == nil {
			_, _, _ = Convert(Input{Schedules: list, ServerTimezone: "UTC"})
		}
	})
}
