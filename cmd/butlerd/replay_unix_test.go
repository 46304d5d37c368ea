//go:build unix

package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// record is a request to Butler 16 with its answer and what it brought about, from
// testdata/transcripts.json. The variables in its texts are those of [variables].
type record struct {
	N       int
	Name    string
	Config  string
	Setup   []step // what is done before the request
	Request struct {
		Method, Path string
		Headers      map[string]string
		Body         *string
	}
	Response *struct { // nil: the answer was not recorded
		Status  int // 0: none came
		Headers map[string]string
		Body    string
	}
	Capture    map[string]string // variable <- member of the answer
	FilesAfter []fileAfter       `json:"files_after"`
	Calls      []call
	Unstable   bool // Calls may have been made none, one or several times
}

// step is one thing that is done before a request.
type step struct {
	Op, Config, Path, Content, Target string
	Mtime                             time.Time
	Ms                                int
	Mode                              siteMode
}

// fileAfter is a file as it is after a request.
type fileAfter struct {
	Path, Type string
	Exists     bool
	Content    *string // nil: not told
	Mtime      time.Time
}

func recordings(t *testing.T) []record {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "transcripts.json"))
	if err != nil {
		t.Fatal(err)
	}
	var list []record
	if err := json.Unmarshal(data, &list); err != nil {
		t.Fatal(err)
	}
	return list
}

// TestButlersRecordings sends what was sent to Butler 16, in the same order, to the
// program with its bundled plugins, and compares the answers and what came of them.
// deviations lists where they differ on purpose.
func TestButlersRecordings(t *testing.T) {
	t.Parallel()
	all := recordings(t)
	t.Run("all with butler-16", func(t *testing.T) {
		t.Parallel()
		replayed(t, "butler-16", all, deviations())
	})
	// The shapes of the older examples differ for schedules alone.
	t.Run("schedules with examples", func(t *testing.T) {
		t.Parallel()
		replayed(t, "examples", all[38:185], examplesDeviations(39, 185))
	})
}

// comparison counts the records by how the answers compare.
type comparison struct {
	same       int // all of it is Butler's
	typed      int // likewise, but JSON is said to be JSON where Butler says text/plain
	deviating  int // on purpose, see deviations
	unrecorded int // see implied
}

// replay is the sending of records one after the other.
type replay struct {
	*world
	listed map[int]deviation
	counts comparison
	firing []effect // what the last schedule does that fires every second
}

func replayed(t *testing.T, responses string, list []record, listed map[int]deviation) {
	began := time.Now()
	r := &replay{world: newWorld(t, responses), listed: listed}
	for _, record := range list {
		r.play(t, record)
	}
	r.halt(t)
	c := r.counts
	t.Logf("of %d recordings %d answers are Butler's, %d are Butler's but for JSON being called JSON, %d deviate on purpose, and %d were not recorded and are as the others imply; took %s",
		len(list), c.same, c.typed, c.deviating, c.unrecorded, time.Since(began).Round(time.Second))
	if sum := c.same + c.typed + c.deviating + c.unrecorded; sum != len(list) || c.deviating != len(listed) {
		t.Errorf("%d records were counted, %d of them as deviating; there are %d and %d", sum, c.deviating, len(list), len(listed))
	}
}

// play sends one record.
func (r *replay) play(t *testing.T, record record) {
	t.Helper()
	for _, s := range record.Setup {
		r.prepare(t, record, s)
	}
	a, err := r.exchange(record)
	if err != nil {
		t.Fatalf("record %d (%s): %v", record.N, record.Name, err)
	}
	d, differs := r.listed[record.N]
	switch {
	case record.Response == nil:
		r.counts.unrecorded++
		d = implied()[record.N]
		if d.status == 0 || !d.fits(a) {
			t.Errorf("record %d (%s): %d %.500s; the others imply %d %q", record.N, record.Name, a.status, a.body, d.status, d.says)
		}
	case differs:
		r.counts.deviating++
		r.judgeDeviation(t, record, d, a)
	default:
		r.judge(t, record, a)
	}
	r.checkEffects(t, record, d)
	r.checkFiles(t, record, d)
}

// judge expects Butler's answer.
func (r *replay) judge(t *testing.T, record record, a answer) {
	t.Helper()
	for _, wrong := range r.compare(t, record, a) {
		t.Errorf("record %d (%s): %s", record.N, record.Name, wrong)
	}
	if a.contentType == recordedType(record) {
		r.counts.same++
	} else {
		r.counts.typed++
	}
}

// judgeDeviation expects an answer that is listed, and that it is not Butler's.
func (r *replay) judgeDeviation(t *testing.T, record record, d deviation, a answer) {
	t.Helper()
	wrong := r.compare(t, record, a)
	switch {
	case d.status == 0: // only what comes of it differs
		for _, w := range wrong {
			t.Errorf("record %d (%s): %s", record.N, record.Name, w)
		}
	case !d.fits(a):
		t.Errorf("record %d (%s): %d %.500s; meant are %d and %q, because %s", record.N, record.Name, a.status, a.body, d.status, d.says, d.reason)
	case wrong == nil:
		t.Errorf("record %d (%s) is listed as different and is not", record.N, record.Name)
	}
}
