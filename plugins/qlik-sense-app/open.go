package app

import (
	"context"

	"butlerd/plugins/qlik-sense-app/engine"
	"butlerd/sdk"
)

// session is an app that is open. It has to be closed.
type session struct {
	*engine.Conn
	*site
	app string // id of the app
	doc int    // its handle
}

// opening says how to open an app.
type opening struct {
	id     string
	scope  string // what the session is for, as engine.Dialer.Dial wants it
	noData bool   // without what it has loaded: quick, but nothing can be calculated
	limit  int64  // of messages, in bytes
}

// open gives an error that says what a retry would do.
func (p *plugin) open(ctx context.Context, o opening) (*session, error) {
	s := p.site.Load()
	conn, err := s.dialer.Dial(ctx, o.scope, o.limit)
	if err != nil {
		return nil, classified(err)
	}
	doc, err := conn.Object(ctx, engine.Request{
		Handle:  engine.Global,
		Method:  "OpenDoc",
		Params:  []any{o.id, "", "", "", o.noData},
		Timeout: s.appTimeout,
	})
	if err != nil {
		conn.Close()
		return nil, classified(err)
	}
	return &session{Conn: conn, site: s, app: o.id, doc: doc}, nil
}

// classified makes permanent what no retry cures before somebody changes
// something.
func classified(err error) error {
	if engine.Denied(err) || engine.NotFound(err) {
		return sdk.Permanent(err)
	}
	return err
}
