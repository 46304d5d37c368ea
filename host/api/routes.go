package api

import "github.com/gofiber/fiber/v2/middleware/adaptor"

func (s *Server) routes() {
	s.app.Use(s.observe, s.recoverPanic, s.limit, refuseMethod, refuseCrossOrigin, refuseBadPath)
	s.app.Get("/livez", s.live)
	s.app.Get("/readyz", s.ready)
	s.app.Get("/metrics", adaptor.HTTPHandler(s.opts.Metrics))
	s.documentation()
	v1{s}.routes(s.app)
	v4{s}.routes(s.app)
}
