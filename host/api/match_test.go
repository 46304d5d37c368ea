package api

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
)

// match compares JSON with what was recorded, with the same members and no more.
// Instants are matched by their form.
func match(want, got any, at string) []string {
	switch w := want.(type) {
	case map[string]any:
		g, ok := got.(map[string]any)
		if !ok {
			return []string{fmt.Sprintf("%s is %v, not an object", at, got)}
		}
		return matchMembers(w, g, at)
	case []any:
		g, ok := got.([]any)
		if !ok || len(g) != len(w) {
			return []string{fmt.Sprintf("%s is %v, not a list of %d", at, got, len(w))}
		}
		var wrong []string
		for i := range w {
			wrong = append(wrong, match(w[i], g[i], fmt.Sprintf("%s[%d]", at, i))...)
		}
		return wrong
	case string:
		if text, ok := got.(string); ok && w == "${timestamp}" && isV4Time(text) {
			return nil
		}
	}
	if want != got {
		return []string{fmt.Sprintf("%s is %v, not %v", at, got, want)}
	}
	return nil
}

func matchMembers(want, got map[string]any, at string) []string {
	var wrong []string
	for name, value := range want {
		if _, ok := got[name]; !ok {
			wrong = append(wrong, fmt.Sprintf("%s.%s is missing", at, name))
			continue
		}
		wrong = append(wrong, match(value, got[name], at+"."+name)...)
	}
	for _, name := range slices.Sorted(maps.Keys(got)) {
		if _, ok := want[name]; !ok {
			wrong = append(wrong, fmt.Sprintf("%s.%s is there", at, name))
		}
	}
	return wrong
}

func isV4Time(text string) bool {
	at, err := time.Parse(v4Time, text)
	return err == nil && time.Since(at).Abs() < time.Hour
}

func isUUID(text string) bool {
	_, err := uuid.Parse(text)
	return err == nil && len(text) == 36
}

func parseJSON(t testing.TB, text string) any {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%v in %.500s", err, text)
	}
	return v
}
