package enginesim

import (
	"encoding/json"
	"slices"
)

// failure is an error of the engine.
type failure struct {
	code int
	text string
}

var (
	errNotFound    = &failure{2, "Not found"}
	errDenied      = &failure{5, "Access is denied"}
	errParameters  = &failure{8, "Invalid parameters"}
	errAppOpen     = &failure{1002, "App already open"}
	errAppNotFound = &failure{1003, "App not found"}
	errMethod      = &failure{-32601, "Method not found"}
)

// dispatch does what takes no time.
func (s *session) dispatch(r rpc) (any, *failure) {
	switch on := s.handles[r.Handle].(type) {
	case *App:
		return s.onApp(on, r)
	case *Entry:
		return onEntry(on, r)
	case list:
		return on.call(r)
	}
	if r.Handle != -1 {
		return nil, errNotFound
	}
	return s.onGlobal(r)
}

func (s *session) onGlobal(r rpc) (any, *failure) {
	switch r.Method {
	case "EngineVersion":
		return members{"qVersion": members{"qComponentVersion": "12.1000.0-simulator"}}, nil
	case "GetDocList":
		return members{"qDocList": s.docs()}, nil
	case "OpenDoc":
		return s.openDoc(r)
	case "GetProgress":
		return members{"qProgressData": s.progressData()}, nil
	case "CancelReload":
		s.cancelReload()
		return members{}, nil
	}
	return nil, errMethod
}

// docs are the apps that the user may open.
func (s *session) docs() []any {
	docs := []any{}
	for _, a := range s.sim.options.Apps {
		if !slices.Contains(a.Denied, s.user) {
			docs = append(docs, members{"qDocId": a.ID, "qDocName": a.Name, "qTitle": a.Name})
		}
	}
	return docs
}

func (s *session) openDoc(r rpc) (any, *failure) {
	app := s.sim.app(r.text(0))
	switch {
	case app == nil:
		return nil, errAppNotFound
	case slices.Contains(app.Denied, s.user):
		return nil, errDenied
	case s.app != nil:
		return nil, errAppOpen
	}
	s.app = app
	return s.handle(app, "Doc", app.ID), nil
}

func (s *session) onApp(a *App, r rpc) (any, *failure) {
	switch r.Method {
	case "GetAppProperties":
		return members{"qProp": a.properties()}, nil
	case "GetScript":
		return members{"qScript": a.Script}, nil
	case "GetLineage":
		return members{"qLineage": []any{}}, nil
	case "DoSave":
		s.save()
		return members{}, nil
	case "CreateSessionObject":
		return s.createList(a, r)
	case "GetObject":
		return s.entry(find(a.Objects, r.text(0)))
	case "GetDimension":
		return s.entry(find(a.Dimensions, r.text(0)))
	case "GetMeasure":
		return s.entry(find(a.Measures, r.text(0)))
	case "GetBookmark":
		return s.entry(find(a.Bookmarks, r.text(0)))
	case "GetVariableById":
		return s.entry(find(a.Variables, r.text(0)))
	case "GetConnections":
		return members{"qConnections": notNil(a.Connections)}, nil
	case "GetConnection":
		return a.connection(r.text(0))
	}
	return nil, errMethod
}

func (a *App) connection(id string) (any, *failure) {
	for _, c := range a.Connections {
		var at struct {
			ID string `json:"qId"`
		}
		if json.Unmarshal(c, &at) == nil && at.ID == id {
			return members{"qConnection": c}, nil
		}
	}
	return nil, errNotFound
}

func onEntry(e *Entry, r rpc) (any, *failure) {
	switch r.Method {
	case "GetProperties":
		return members{"qProp": e.Properties}, nil
	case "GetFullPropertyTree":
		return members{"qPropEntry": e.Properties}, nil
	case "GetLayout":
		return members{"qLayout": e.info().with(e.Layout)}, nil
	}
	return nil, errMethod
}

func (e *Entry) info() members {
	return members{"qInfo": members{"qId": e.ID, "qType": e.Type}}
}

// entry is the answer of methods that look for an object. The engine has no error
// for what is not there.
func (s *session) entry(e *Entry) (any, *failure) {
	if e == nil {
		return members{"qReturn": members{"qType": nil, "qHandle": nil}}, nil
	}
	return s.handle(e, "Generic", e.ID), nil
}

// handle makes an object one that can be called.
func (s *session) handle(object any, kind, id string) members {
	handle := len(s.handles) + 1
	s.handles[handle] = object
	return members{"qReturn": members{"qType": kind, "qHandle": handle, "qGenericId": id}}
}

// text is a parameter that is a text; empty when it is not.
func (r rpc) text(i int) (text string) {
	if i < len(r.Params) {
		_ = json.Unmarshal(r.Params[i], &text)
	}
	return text
}

// notNil keeps an empty list from becoming null.
func notNil(list []json.RawMessage) []json.RawMessage {
	if list == nil {
		return []json.RawMessage{}
	}
	return list
}
