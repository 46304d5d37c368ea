package qrssim

import (
	"strings"

	"github.com/google/uuid"
)

// Variable parts of a pattern.
const (
	idPart   = "{id}"   // an id; other text does not match
	wordPart = "{word}" // any text
)

// endpoint answers a call; the site is locked for it.
type endpoint func(*site, *call) answer

// route is an endpoint of the API with where it is.
type route struct {
	method  string
	pattern string // lower case
	serve   endpoint
}

// router finds endpoints by the number of parts of a path.
type router map[int][]route

func newRouter(routes []route) router {
	r := router{}
	for _, route := range routes {
		n := strings.Count(route.pattern, "/")
		r[n] = append(r[n], route)
	}
	return r
}

// find fills in the variable parts of a call's path and gives its endpoint. A
// path that exists for another method is not found, as in QRS.
func (r router) find(c *call) (endpoint, bool) {
	for _, route := range r[strings.Count(c.path, "/")] {
		if route.method == c.method && route.match(c) {
			return route.serve, true
		}
	}
	return nil, false
}

func (r route) match(c *call) bool {
	c.ids, c.words = nil, nil
	parts := strings.Split(c.path, "/")
	for i, want := range strings.Split(r.pattern, "/") {
		switch want {
		case parts[i]:
		case idPart:
			id, err := uuid.Parse(parts[i])
			if err != nil || len(parts[i]) != len(id.String()) {
				return false
			}
			c.ids = append(c.ids, id)
		case wordPart:
			c.words = append(c.words, parts[i])
		default:
			return false
		}
	}
	return true
}
