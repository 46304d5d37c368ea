package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"butlerd/sdk"
)

// recorder is a plugin whose actions write down when they begin and when they
// end: it is what the receiving side sees. Each process has a file of its own,
// whose name begins with path, and shows with a line every 20 ms that it lives,
// so that the end of an action is known that did not come to its own.
//
// The action "resumable" does the same, and finds out what became of an attempt that
// was lost: whether the receiving side has seen it begin and end.
func recorder(path string) sdk.Plugin {
	type arguments struct {
		TaskID string `hcl:"task_id,optional"`
		// Hold is the longest that the action lasts. It ends earlier at random, and
		// when it is told to.
		Hold time.Duration `hcl:"hold,optional"`
		// Fail is how many of a hundred attempts fail, at random. Some of these say that
		// another one is of no use, or when it is.
		Fail int `hcl:"fail,optional"`
	}
	file, failed := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	write := func(verb string, run *sdk.Run) error {
		if failed != nil {
			return failed
		}
		// One write for each line: the file is never left with half of one.
		_, err := fmt.Fprintf(file, "%d %s %s/%d %s\n", time.Now().UnixNano(), verb, run.ID, run.Attempt, run.ScheduleID)
		return err
	}
	go func() { // ends with the process
		for range time.Tick(20 * time.Millisecond) {
			_ = write("alive", &sdk.Run{})
		}
	}()
	record := func(ctx context.Context, run *sdk.Run, a arguments) (struct{}, error) {
		if err := write("begin", run); err != nil {
			return struct{}{}, err
		}
		held := pause(ctx, rand.N(max(a.Hold, 1)))
		if err := write("end", run); err != nil {
			return struct{}{}, err
		}
		if held == nil && rand.N(100) < a.Fail {
			return struct{}{}, failure()
		}
		return struct{}{}, held
	}
	return sdk.Plugin{
		Name:    "recorder",
		Version: "1.0.0",
		Actions: []sdk.Action{
			sdk.NewAction("qlik-sense-reload", record),
			sdk.NewAction("resumable", func(ctx context.Context, run *sdk.Run, a arguments) (struct{}, error) {
				if lost := run.Lost(); lost != nil {
					return struct{}{}, lookUp(path, run.ID, lost)
				}
				if err := run.Checkpoint(recorderNote{Attempt: run.Attempt}); err != nil {
					return struct{}{}, err
				}
				return record(ctx, run, a)
			}).WithResume(),
		},
	}
}

// failure is one of the kinds of failures that there are.
func failure() error {
	err := errors.New("it was to fail")
	switch rand.N(4) {
	case 0:
		return sdk.Permanent(err)
	case 1:
		return sdk.RetryAfter(300*time.Millisecond, err)
	}
	return err
}

// recorderNote is what an attempt notes before it begins.
type recorderNote struct {
	Attempt int `json:"attempt"`
}

// lookUp tells from what recorders wrote down how a lost attempt ended. One that has
// begun and has not ended was cut off with its process, which it did not outlive.
func lookUp(path, id string, lost *sdk.LostAttempt) error {
	var note recorderNote
	if err := lost.Decode(&note); err != nil && !errors.Is(err, sdk.ErrNoCheckpoint) {
		return sdk.Lost(err)
	}
	begun, ended := 0, 0
	call := fmt.Sprintf("%s/%d", id, lost.Attempt)
	files, err := filepath.Glob(path + ".*")
	for _, file := range files {
		text, failed := os.ReadFile(file)
		err = errors.Join(err, failed)
		begun += strings.Count(string(text), " begin "+call+" ")
		ended += strings.Count(string(text), " end "+call+" ")
	}
	switch {
	case err != nil:
		return sdk.Lost(err)
	case begun == 0:
		return errors.New("was never started")
	case ended < begun:
		return errors.New("was cut off")
	}
	return nil
}

// execution is one call of an action of a recorder.
type execution struct {
	run, schedule string
	attempt       int
	process       string // which recorder: the name of its file
	begin, end    time.Time
	// cut says that the process ended before the action did. It was seen alive at
	// end, and not later.
	cut bool
}

// executions are all that recorders wrote down, in the order in which they began.
func executions(t *testing.T, path string) []execution {
	t.Helper()
	files, err := filepath.Glob(path + ".*")
	if err != nil {
		t.Fatal(err)
	}
	var all []execution
	for _, file := range files {
		all = append(all, recorded(t, file)...)
	}
	slices.SortFunc(all, func(a, b execution) int { return a.begin.Compare(b.begin) })
	return all
}

// recorded is what one recorder wrote down.
func recorded(t *testing.T, path string) []execution {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var all []execution
	open := map[string]int{} // call -> its place in all
	var last time.Time
	s := bufio.NewScanner(f)
	for s.Scan() {
		line := strings.Split(s.Text(), " ")
		nanos, err := strconv.ParseInt(line[0], 10, 64)
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		last = time.Unix(0, nanos)
		switch line[1] {
		case "begin":
			open[line[2]] = len(all)
			id, number, _ := strings.Cut(line[2], "/")
			attempt, err := strconv.Atoi(number)
			if err != nil {
				t.Fatalf("%s: %v", path, err)
			}
			all = append(all, execution{run: id, attempt: attempt, schedule: line[3], process: filepath.Base(path), begin: last, cut: true})
		case "end":
			x := &all[open[line[2]]]
			x.end, x.cut = last, false
		}
	}
	if err := s.Err(); err != nil {
		t.Fatal(err)
	}
	for i := range all {
		if all[i].cut {
			all[i].end = last
		}
	}
	return all
}
