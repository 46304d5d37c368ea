package api

import (
	"net/http"

	"github.com/gofiber/fiber/v2"
)

// liveness says that the process answers.
type liveness struct {
	Live bool `json:"live"`
}

func (s *Server) live(c *fiber.Ctx) error { return reply(c, http.StatusOK, liveness{Live: true}) }

// readiness says whether the host does its work, and why not. Checks that are
// passed are shown only when asked for.
type readiness struct {
	Ready  bool        `json:"ready"`
	Checks []checkView `json:"checks"`
}

type checkView struct {
	Name   string `json:"name"`
	OK     bool   `json:"ok"`
	Detail string `json:"detail"`
}

func (s *Server) ready(c *fiber.Ctx) error {
	verbose := c.Context().QueryArgs().Has("verbose")
	r := readiness{Ready: true, Checks: []checkView{}}
	for _, check := range s.opts.Ready() {
		r.Ready = r.Ready && check.OK
		if verbose || !check.OK {
			r.Checks = append(r.Checks, checkView(check))
		}
	}
	if !r.Ready {
		return reply(c, http.StatusServiceUnavailable, r)
	}
	return reply(c, http.StatusOK, r)
}
