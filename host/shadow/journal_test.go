package shadow

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var begin = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)

func openJournal(t *testing.T, dir string) *Journal {
	t.Helper()
	j, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return j
}

// observed is a line for an execution and one for the time around it.
func observed(n int) []line {
	at := begin.Add(time.Duration(n) * time.Minute)
	return []line{
		{Execution: &Start{ID: fmt.Sprint("execution ", n), TaskID: taskID(1), At: at}},
		{Looked: &Interval{at, at.Add(time.Minute)}},
	}
}

func TestJournalKeeps(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	j := openJournal(t, dir)
	for n := range 3 {
		if err := j.append(observed(n)...); err != nil {
			t.Fatal(err)
		}
	}
	if err := j.append(line{Gap: &Gap{Interval{begin, begin}, "why"}}, line{Tasks: &taskLine{"tag", []string{taskID(2)}}}); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir); err == nil || !strings.Contains(err.Error(), "another butlerd shadow") {
		t.Errorf("a second writer: %v", err)
	}
	got, err := Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(j.History(), got); diff != "" || len(got.Starts) != 3 || len(got.Covered) != 1 {
		t.Errorf("%+v (-written +read):\n%s", got, diff)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestJournalGoesOnBehindALineThatWasCut(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	j := openJournal(t, dir)
	if err := j.append(observed(0)...); err != nil {
		t.Fatal(err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, Dir, journalName)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for cut := range len(whole) {
		if err := os.WriteFile(path, whole[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		j := openJournal(t, dir)
		if err := j.append(observed(1)...); err != nil {
			t.Fatal(err)
		}
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
		h, err := Read(dir)
		if err != nil || len(h.Starts) == 0 || len(h.Covered) == 0 {
			t.Fatalf("cut at %d: %+v, %v", cut, h, err)
		}
	}
}

func TestJournalRefuses(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ text, want string }{
		"a damaged line":     {"{\"journal\":{\"version\":1}}\n{oops}\n{}\n", ":2 is damaged"},
		"another version":    {"{\"journal\":{\"version\":2}}\n", "its version is 2, this butlerd reads 1"},
		"an unknown line":    {"{\"else\":1}\n", "nothing that is known"},
		"a time that is not": {"{\"looked\":{\"from\":\"2026-11-02T00:00:00Z\",\"to\":\"2026-11-01T00:00:00Z\"}}\n", "ends before it begins"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			if err := os.MkdirAll(filepath.Join(dir, Dir), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, Dir, journalName), []byte(tt.text), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := Open(dir); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v", err)
			}
			if _, err := Open(dir); err == nil || strings.Contains(err.Error(), "another butlerd") {
				t.Errorf("the lock is kept: %v", err)
			}
		})
	}
}

func TestJournalIsBounded(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	j := openJournal(t, dir)
	j.limit = 4000
	for n := range 200 {
		if err := j.append(observed(n)...); err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(filepath.Join(dir, Dir, journalName))
		if err != nil || info.Size() > j.limit || info.Size() != j.size {
			t.Fatalf("%d bytes, %v", info.Size(), err)
		}
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	h, err := Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	from, to := h.bounds()
	if want := begin.Add(200 * time.Minute); !to.Equal(want) || to.Sub(from) < 5*time.Minute {
		t.Errorf("%s to %s", from, to)
	}
	for _, s := range h.Starts {
		if s.At.Before(from) {
			t.Errorf("%s is kept, what else was then is not known", s.At)
		}
	}
}
