package api

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/uuid"
)

// record is a request to Butler 16 with its answer, from testdata/transcripts.json.
type record struct {
	N       int
	Name    string
	Restart bool // Butler began anew, with no schedules
	Request struct {
		Method, Path string
		Headers      map[string]string
		Body         *string
	}
	Response *struct { // nil when the answer was not recorded
		Status      int // 0 when none came
		ContentType string
		Body        string
	}
	Capture map[string]string // variable <- member of the answer
}

func records(t *testing.T) []record {
	t.Helper()
	data, err := os.ReadFile("testdata/transcripts.json")
	if err != nil {
		t.Fatal(err)
	}
	var list []record
	if err := json.Unmarshal(data, &list); err != nil {
		t.Fatal(err)
	}
	return list
}

// replay sends records in order. See deviations_test.go for where the answers
// differ, and why.
type replay struct {
	*bundle
	vars      variables
	responses V4Responses
}

func (r *replay) restart(t *testing.T) {
	r.bundle = setup(t, func(o *Options) { o.Version, o.V4Responses = "16.0.4", r.responses })
	r.vars = variables{}
}

func (r *replay) send(record record) answer {
	q, err := http.NewRequest(record.Request.Method, "http://butlerd"+r.expand(record.Request.Path), nil)
	if err != nil {
		r.t.Fatal(err)
	}
	for name, value := range record.Request.Headers {
		q.Header.Set(name, r.expand(value))
	}
	if record.Request.Body != nil {
		body := whole1MiB(*record.Request.Body)
		q.Body, q.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
		if q.Header.Get("Transfer-Encoding") == "chunked" {
			q.ContentLength = -1
		}
	}
	return r.do(q)
}

// expand fills variables in. One of a schedule that was refused here stands for
// an id that nobody has.
func (r *replay) expand(text string) string {
	return regexp.MustCompile(`\$\{\w+\}`).ReplaceAllString(r.vars.expand(text), uuid.NewString())
}

// cut is a body of which the records hold the length and the beginning.
var cut = regexp.MustCompile(`^<<(\d+) bytes>> ([^…]*?)x*…$`)

func whole1MiB(body string) string {
	parts := cut.FindStringSubmatch(body)
	if parts == nil {
		return body
	}
	size, _ := strconv.Atoi(parts[1])
	end := ""
	if strings.HasPrefix(parts[2], "{") {
		end = `"}`
	}
	return parts[2] + strings.Repeat("x", size-len(parts[2])-len(end)) + end
}

// callback is the source code that Butler prints in the place of a word.
var callback = regexp.MustCompile(`(?s): \(\) => \{.*?\n {8}\}: `)

// compare says how an answer differs from the recorded one.
func (r *replay) compare(record record, a answer) []string {
	want := record.Response
	if want.Status != a.Status {
		return []string{"status " + strconv.Itoa(a.Status) + ", not " + strconv.Itoa(want.Status)}
	}
	if want.Body == "" || strings.HasPrefix(want.Body, "{\n") {
		if text := callback.ReplaceAllString(r.vars.expand(want.Body), " status: "); a.Body != text {
			return []string{"body " + a.Body + ", not " + text}
		}
		return nil
	}
	got := parseJSON(r.t, a.Body)
	r.capture(record, got)
	if parts := cut.FindStringSubmatch(want.Body); parts != nil { // of such an answer only the length is told
		if size := strconv.Itoa(len(a.Body)); size != parts[1] {
			return []string{"a body of " + size + " bytes, not " + parts[1]}
		}
		return nil
	}
	return match(parseJSON(r.t, r.vars.expand(want.Body)), got, "body")
}

func (r *replay) capture(record record, got any) {
	object, ok := got.(map[string]any)
	for variable, member := range record.Capture {
		if id, _ := object[member].(string); ok && isUUID(id) {
			r.vars[variable] = id
		} else {
			r.t.Errorf("record %d: no UUID as %s", record.N, member)
		}
	}
}

// wantedType is the content type for a recorded one: Butler sends much of its JSON
// as text/plain, butlerd says what it is.
func wantedType(recorded, body string) string {
	if recorded == "" || strings.HasPrefix(recorded, "text/plain") && strings.HasPrefix(body, "{\n") {
		return recorded
	}
	return "application/json; charset=utf-8"
}

func TestButlersAnswers(t *testing.T) {
	t.Parallel()
	for _, responses := range []V4Responses{Examples, Butler16} {
		t.Run("with "+responses, func(t *testing.T) {
			t.Parallel()
			replayAll(t, responses)
		})
	}
}

func replayAll(t *testing.T, responses V4Responses) {
	listed := deviations(responses)
	same, deviating, unrecorded := 0, 0, 0
	r := &replay{responses: responses}
	for _, record := range records(t) {
		if record.Restart {
			r.restart(t)
		}
		a := r.send(record)
		d, ok := listed[record.N]
		switch {
		case record.Response == nil:
			unrecorded++
			if status, ok := implied()[record.N]; !ok || a.Status != status {
				t.Errorf("record %d (%s): %d %s; the other records imply %d", record.N, record.Name, a.Status, a.Body, status)
			}
			continue
		case ok:
			deviating++
			d.check(t, record, a)
			continue
		}
		same++
		if wrong := r.compare(record, a); wrong != nil {
			t.Errorf("record %d (%s): %s", record.N, record.Name, strings.Join(wrong, "; "))
		}
		if want := wantedType(record.Response.ContentType, record.Response.Body); a.Header.Get("Content-Type") != want && a.Status != http.StatusNoContent {
			t.Errorf("record %d (%s): content type %q, not %q", record.N, record.Name, a.Header.Get("Content-Type"), want)
		}
	}
	t.Logf("%d answers are Butler's, %d differ as listed, %d were not recorded", same, deviating, unrecorded)
	if deviating != len(listed) {
		t.Errorf("%d deviations are listed and %d were met", len(listed), deviating)
	}
}
