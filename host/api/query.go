package api

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"

	"butlerd/host/run"
	"butlerd/host/store"
)

// query reads the parameters of a v1 request. The first that is wrong is kept in
// err; what is read after it is zero.
type query struct {
	values map[string][]string
	err    error
}

// newQuery refuses parameters other than the known ones: a misspelt filter must
// not select everything.
func newQuery(c *fiber.Ctx, known ...string) *query {
	q := &query{values: map[string][]string{}}
	c.Context().QueryArgs().VisitAll(func(key, value []byte) {
		name := string(key)
		if !slices.Contains(known, name) {
			q.fail("unknown parameter %.200q: this path takes %q", name, known)
		}
		q.values[name] = append(q.values[name], string(value))
	})
	return q
}

func (q *query) fail(format string, args ...any) {
	if q.err == nil {
		q.err = invalid(fmt.Sprintf(format, args...))
	}
}

// text is a parameter that stands at most once; empty when it is not there.
func (q *query) text(name string) string {
	values := q.values[name]
	switch {
	case len(values) == 0:
		return ""
	case len(values) > 1:
		q.fail("parameter %q stands more than once", name)
	case badName(values[0]) != "":
		q.fail("parameter %q %s", name, badName(values[0]))
	}
	return values[0]
}

// instant is a parameter that is a point in time; zero when it is not there.
func (q *query) instant(name string) time.Time {
	text := q.text(name)
	if text == "" {
		return time.Time{}
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		q.fail("parameter %q must be a time such as 2026-03-29T01:00:00Z (a + in it is sent as %%2B)", name)
	}
	return t
}

// Sizes of pages.
const (
	defaultPage    = 50
	defaultLogPage = 200
)

// limit is how many items a page may have.
func (q *query) limit(name string, byDefault int) int {
	text := q.text(name)
	if text == "" {
		return byDefault
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > store.MaxPage {
		q.fail("parameter %q must be 1 to %d", name, store.MaxPage)
	}
	return n
}

// states are those of the parameter "state", which may be repeated.
func (q *query) states() []run.State {
	var states []run.State
	for _, text := range q.values["state"] {
		state := run.State(text)
		if !state.Valid() {
			q.fail("parameter \"state\" must be one of %q", run.States())
		}
		states = append(states, state)
	}
	return states
}
