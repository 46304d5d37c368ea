package api

func (s *Server) routes() {
	s.app.Use(s.observe, s.recoverPanic, refuseMethod, refuseCrossOrigin)
	v4{s}.routes(s.app)
}
