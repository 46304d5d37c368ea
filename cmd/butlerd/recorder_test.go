package main

import (
	"bufio"
	"context"
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
func recorder(path string) sdk.Plugin {
	type arguments struct {
		TaskID string `hcl:"task_id,optional"`
		// Hold is the longest that the action lasts. It ends earlier at random, and
		// when it is told to.
		Hold time.Duration `hcl:"hold,optional"`
	}
	file, failed := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	write := func(verb string, run *sdk.Run) error {
		if failed != nil {
			return failed
		}
		// One write for each line: the file is never left with half of one.
		_, err := fmt.Fprintf(file, "%d %s %s %s\n", time.Now().UnixNano(), verb, run.ID, run.ScheduleID)
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
		return struct{}{}, held
	}
	return sdk.Plugin{
		Name:    "recorder",
		Version: "1.0.0",
		Actions: []sdk.Action{sdk.NewAction("qlik-sense-reload", record)},
	}
}

// execution is one call of an action of a recorder.
type execution struct {
	run, schedule string
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
	open := map[string]int{} // run -> its place in all
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
			all = append(all, execution{run: line[2], schedule: line[3], process: filepath.Base(path), begin: last, cut: true})
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
