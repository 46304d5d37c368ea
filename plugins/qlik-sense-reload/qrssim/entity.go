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
	rows, err := e.query(s, c)
	if err != nil {
		return unparsed(c, err)
	}
	for i, row := range rows {
		if full, ok := row.(condensable); ok {
			rows[i] = full.condensed()
		}
	}
	return found(rows)
}

func (e entity) full(s *site, c *call) answer {
	rows, err := e.query(s, c)
	if err != nil {
		return unparsed(c, err)
	}
	return found(rows)
}

func (e entity) count(s *site, c *call) answer {
	rows, err := e.query(s, c)
	if err != nil {
		return unparsed(c, err)
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
func (e entity) query(s *site, c *call) ([]any, error) {
	expression, err := filter.Parse(c.query.Get("filter"), e.rows...)
	if err != nil {
		return nil, err
	}
	order, err := filter.ParseOrder(c.query.Get("orderby"), e.rows...)
	if err != nil {
		return nil, err
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

// unparsed is the answer to a filter that cannot be read.
func unparsed(c *call, err error) answer {
	if errors.Is(err, filter.ErrEmptyGroup) {
		return refused(http.StatusBadRequest, "Invalid expression")
	}
	return refused(http.StatusBadRequest, "Cannot parse the expression: "+c.query.Get("filter"))
}
