//go:build unix

package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
)

// variables stand for what differs each time: ids and directories, in texts as
// ${NAME}.
type variables map[string]string

// variable is one: in lower case is what was sent so, and anyInstant.
var variable = regexp.MustCompile(`\$\{[A-Z]\w*\}`)

// anyInstant stands for an instant, which is matched by its form, see sameText.
const anyInstant = "${timestamp}"

// expand fills variables in. One of a schedule that was refused here stands for an
// id that nobody has.
func (v variables) expand(text string) string {
	return variable.ReplaceAllStringFunc(text, func(name string) string {
		if value, known := v[strings.Trim(name, "${}")]; known {
			return value
		}
		return uuid.NewString()
	})
}

// callback is the source code that Butler prints in the place of a word.
var callback = regexp.MustCompile(`(?s): \(\) => \{.*?\n {8}\}: `)

// recordedType is the type that Butler gave its answer.
func recordedType(record record) string {
	for name, value := range record.Response.Headers {
		if strings.EqualFold(name, "Content-Type") {
			return value
		}
	}
	return ""
}

// wantedType is the type for a recorded one: Butler sends much of its JSON as
// text/plain, or without a charset; butlerd says what it is.
func wantedType(record record) string {
	isText := strings.HasSuffix(record.Request.Path, "/schedules/status") // which is like JSON without schedules
	if !isText && json.Valid([]byte(record.Response.Body)) || cut.MatchString(record.Response.Body) {
		return "application/json; charset=utf-8"
	}
	return recordedType(record)
}

// compare says how an answer differs from the recorded one, and keeps what the
// record says to keep.
func (w *world) compare(t *testing.T, record record, a answer) []string {
	t.Helper()
	want := record.Response
	if want.Status != a.status {
		return []string{fmt.Sprintf("status %d, not %d: %.300s", a.status, want.Status, a.body)}
	}
	var wrong []string
	if typ := wantedType(record); a.status != http.StatusNoContent && a.contentType != typ {
		wrong = append(wrong, fmt.Sprintf("content type %q, not %q", a.contentType, typ))
	}
	parts := cut.FindStringSubmatch(want.Body)
	var got any
	if json.Unmarshal([]byte(a.body), &got) != nil || parts == nil && !json.Valid([]byte(want.Body)) {
		if text := callback.ReplaceAllString(w.expand(want.Body), " status: "); a.body != text {
			wrong = append(wrong, fmt.Sprintf("body %q, not %q", a.body, text))
		}
		return wrong
	}
	w.capture(t, record, got)
	if parts != nil { // of such an answer only the length is told
		if size := strconv.Itoa(len(a.body)); size != parts[1] {
			wrong = append(wrong, fmt.Sprintf("a body of %s bytes, not %s", size, parts[1]))
		}
		return wrong
	}
	var expected any
	if err := json.Unmarshal([]byte(w.expand(want.Body)), &expected); err != nil {
		t.Fatalf("record %d: %v", record.N, err)
	}
	return append(wrong, match(expected, got, "body")...)
}

func (w *world) capture(t *testing.T, record record, got any) {
	t.Helper()
	object, _ := got.(map[string]any)
	for name, member := range record.Capture {
		id, _ := object[member].(string)
		if parsed, err := uuid.Parse(id); err != nil || parsed.String() != id {
			t.Errorf("record %d (%s): %s is %q, not a UUID", record.N, record.Name, member, id)
		}
		w.variables[name] = id
	}
}

// match compares JSON with what was recorded. The order of members is free.
func match(want, got any, at string) []string {
	switch w := want.(type) {
	case map[string]any:
		if g, ok := got.(map[string]any); ok {
			return matchMembers(w, g, at)
		}
	case []any:
		g, ok := got.([]any)
		if !ok || len(g) != len(w) {
			break
		}
		var wrong []string
		for i := range w {
			wrong = append(wrong, match(w[i], g[i], fmt.Sprintf("%s[%d]", at, i))...)
		}
		return wrong
	case string:
		if text, ok := got.(string); ok && sameText(w, text, at) {
			return nil
		}
	default:
		if want == got {
			return nil
		}
	}
	return []string{fmt.Sprintf("%s is %v, not %v", at, got, want)}
}

func matchMembers(want, got map[string]any, at string) []string {
	var wrong []string
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if _, ok := got[name]; !ok {
			wrong = append(wrong, fmt.Sprintf("%s.%s is missing", at, name))
			continue
		}
		wrong = append(wrong, match(want[name], got[name], at+"."+name)...)
	}
	for _, name := range slices.Sorted(maps.Keys(got)) {
		if _, ok := want[name]; !ok {
			wrong = append(wrong, fmt.Sprintf("%s.%s is there", at, name))
		}
	}
	return wrong
}

// sameText matches instants by their form, and the version of the program, which is
// its own.
func sameText(want, got, at string) bool {
	switch {
	case want == anyInstant:
		made, err := time.Parse("2006-01-02T15:04:05.000Z", got)
		return err == nil && time.Since(made).Abs() < time.Hour
	case at == "body.butlerVersion":
		return got == version()
	}
	return want == got
}
