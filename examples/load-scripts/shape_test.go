package loadscripts_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// check compares what a sub has sent with the request that it is for. A POST that says
// in its header that it is one is as good as one that does not.
func (q request) check(t *testing.T, sub, path string, e exchange) {
	t.Helper()
	method := e.method
	if e.override != "" {
		method = e.override
	}
	want := q.Method
	if q.Override != "" {
		want = q.Override
	}
	if method != want || (e.override != "" && e.method != http.MethodPost) {
		t.Errorf("%s: sent %s for %q, want %s", sub, e.method, e.override, want)
	}
	if !matches(q.Path, path) {
		t.Errorf("%s: sent to %s, want %s", sub, path, q.Path)
	}
	if q.Body == "" {
		return
	}
	sent, err := shapeOf(e.body)
	wanted, wantErr := shapeOf(q.Body)
	if err != nil || wantErr != nil || sent != wanted {
		t.Errorf("%s: sent %s, want the members of %s (%v, %v)", sub, e.body, q.Body, err, wantErr)
	}
	if strings.ContainsFunc(e.body, func(r rune) bool { return r < ' ' || r == '#' || r == '\'' || r == '$' }) {
		t.Errorf("%s: the body has characters that do not get through: %q", sub, e.body)
	}
}

// shapeOf is a JSON text without its values: names of members, and the different
// elements of lists.
func shapeOf(body string) (string, error) {
	var value any
	if err := json.Unmarshal([]byte(body), &value); err != nil {
		return "", fmt.Errorf("%q: %w", body, err)
	}
	return shape(value), nil
}

func shape(value any) string {
	switch value := value.(type) {
	case map[string]any:
		var b strings.Builder
		for _, name := range slices.Sorted(maps.Keys(value)) {
			b.WriteString(name + ":" + shape(value[name]) + ";")
		}
		return "{" + b.String() + "}"
	case []any:
		elements := map[string]bool{}
		for _, element := range value {
			if s := shape(element); s != "" {
				elements[s] = true
			}
		}
		return fmt.Sprint(slices.Sorted(maps.Keys(elements)))
	}
	return ""
}
