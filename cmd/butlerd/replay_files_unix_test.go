//go:build unix

package main

import (
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"butlerd/host/butler"
)

// checkFiles compares the files with those that Butler had left. Paths of which a
// deviation says that they are there, or not, are only looked for,
// and the schedules are not compared where a deviation names their file.
func (r *replay) checkFiles(t *testing.T, record record, d deviation) {
	t.Helper()
	for _, f := range record.FilesAfter {
		there, other := d.after[f.Path]
		if strings.HasSuffix(f.Path, "/schedule.yaml") {
			if !other && d.status == 0 {
				r.checkSchedules(t, record, *f.Content)
			}
			continue
		}
		if other {
			f = fileAfter{Path: f.Path, Exists: there}
		}
		if wrong := r.compareFile(f); wrong != "" {
			t.Errorf("record %d (%s): %s %s", record.N, record.Name, f.Path, wrong)
		}
	}
}

func (w *world) compareFile(f fileAfter) string {
	path := w.expand(f.Path)
	info, err := os.Lstat(path)
	switch {
	case f.Exists != (err == nil):
		return "should be there: " + map[bool]string{true: "yes", false: "no"}[f.Exists]
	case !f.Exists:
		return ""
	case f.Type == "dir" && !info.IsDir():
		return "is no directory"
	case !f.Mtime.IsZero() && !info.ModTime().Equal(f.Mtime):
		return "is of " + info.ModTime().String()
	case f.Content == nil:
		return ""
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	return cmp.Diff(*f.Content, string(text))
}

// kept is a schedule, as Butler writes it to its file and as the API lists it.
type kept struct {
	ID, Name, CronSchedule, Timezone, QlikSenseTaskID string
	StartupState, LastKnownState                      string
	Tags                                              []string
}

// checkSchedules compares Butler's file with the schedules that there are: butlerd
// keeps them in its store. Those of the file that were refused here are left out.
func (r *replay) checkSchedules(t *testing.T, record record, file string) {
	t.Helper()
	var got []kept
	status, err := request(t.Context(), http.MethodGet, r.host.url+"/v4/schedules", "", &got)
	if err != nil || status != http.StatusOK {
		t.Fatalf("record %d: listing schedules: %d, %v", record.N, status, err)
	}
	list, err := butler.ReadSchedules("schedule.yaml", []byte(file))
	if err != nil {
		t.Fatalf("record %d: %v", record.N, err)
	}
	var want []kept
	for _, s := range list {
		name := strings.Trim(s.ID, "${}")
		if _, known := r.variables[name]; !known {
			continue
		}
		want = append(want, kept{r.variables[name], s.Name, s.Cron, s.Timezone, s.TaskID, s.StartupState, s.LastKnownState, s.Tags})
	}
	for _, all := range [][]kept{want, got} {
		slices.SortFunc(all, func(a, b kept) int { return strings.Compare(a.ID, b.ID) })
		for i := range all {
			all[i].Tags = append([]string{}, all[i].Tags...)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("record %d (%s): schedules (-Butler's file +the API):\n%s", record.N, record.Name, diff)
	}
}
