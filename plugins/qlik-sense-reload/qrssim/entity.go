package qrssim

import (
	"errors"
	"net/http"
	"reflect"

	"github.com/google/uuid"

	"butlerd/plugins/qlik-sense-reload/qrssim/internal/filter"
)

// entity is a kind of rows with the same endpoints: lists, counts and tables with
// filters, and single rows.
type entity struct {
	name string         // in paths, lower case
	rows []reflect.Type // full forms

	// candidates gives the full forms of the rows that a filter may match, all or
	// fewer where an index helps.
	candidates func(*site, *filter.Filter) []any

	// get gives the full form of one row; nil for entities without that endpoint.
	get func(*site, uuid.UUID) (any, bool)

	tabular bool // has count and table
}

// condensable is a full form that has a condensed one.
type condensable interface{ condensed() any }

func (e entity) routes() []route {
	base := "/qrs/" + e.name
	routes := []route{
		{http.MethodGet, base, e.list},
		{http.MethodGet, base + "/full", e.full},
	}
	if e.get != nil {
		routes = append(routes, route{http.MethodGet, base + "/" + idPart, e.one})
	}
	if e.tabular {
		routes = append(routes,
			route{http.MethodGet, base + "/count", e.count},
			route{http.MethodPost, base + "/table", e.table})
	}
	return routes
}

func (e entity) list(s *site, c *call) answer {
	rows, refusal := e.query(s, c)
	if refusal != nil {
		return *refusal
	}
	for i, row := range rows {
		if full, ok := row.(condensable); ok {
			rows[i] = full.condensed()
		}
	}
	return found(rows)
}

func (e entity) full(s *site, c *call) answer {
	rows, refusal := e.query(s, c)
	if refusal != nil {
		return *refusal
	}
	return found(rows)
}

func (e entity) count(s *site, c *call) answer {
	rows, refusal := e.query(s, c)
	if refusal != nil {
		return *refusal
	}
	return wrapped(http.StatusOK, len(rows))
}

func (e entity) one(s *site, c *call) answer {
	row, ok := e.get(s, c.ids[0])
	if !ok {
		return noItem()
	}
	return found(row)
}

// query gives the full forms of the rows a call's filter matches, in the order it
// asks for. The list is never nil: without rows QRS sends an empty one.
func (e entity) query(s *site, c *call) ([]any, *answer) {
	where, by := c.query.Get("filter"), c.query.Get("orderby")
	expression, err := filter.Parse(where, e.rows...)
	if err != nil {
		return nil, unparsed(where, err)
	}
	order, err := filter.ParseOrder(by, e.rows...)
	if err != nil {
		return nil, unparsed(by, err)
	}
	rows := []any{}
	for _, row := range e.candidates(s, expression) {
		if expression.Match(row) {
			rows = append(rows, row)
		}
	}
	filter.Sort(order, rows)
	return rows, nil
}

// unparsed is the answer to an expression that cannot be read.
func unparsed(text string, err error) *answer {
	refusal := refused(http.StatusBadRequest, "Cannot parse the expression: "+text)
	if errors.Is(err, filter.ErrEmptyGroup) {
		refusal.text = "Invalid expression"
	}
	return &refusal
}
