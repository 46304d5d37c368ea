package app

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"butlerd/plugins/qlik-sense-app/engine"
)

// object is a JSON object whose members are known by name only.
type object = map[string]json.RawMessage

// list says how the engine lists the objects of a kind, and what the dump has of
// each. The definitions are those that serializeapp sends.
type list struct {
	kind   string // the list's own type and id, which the engine wants to have
	member string // of the definition and, without Def, of the layout: qDimensionListDef
	def    any    // the definition
	get    string // method that gives the object of an id; empty: the item itself is what is wanted
	entry  func(ctx context.Context, r *reader, handle int, item object) (any, error)
	keep   func(item object) bool // nil: all
}

// data is a JSON object to send.
type data map[string]any

// infos is a part of the definitions of lists: what else an item tells.
func infos(kind string) data {
	return data{"qType": kind, "qData": data{"info": "/qDimInfos"}, "qMeta": data{}}
}

// objects are those of an app that have a tree: a sheet and what is on it.
func objects(kind string) list {
	return list{
		kind:   kind + "List",
		member: "qAppObjectList",
		def:    data{"qType": kind, "qData": data{"id": "/qInfo/qId"}},
		get:    "GetObject",
		entry: func(ctx context.Context, r *reader, handle int, _ object) (any, error) {
			return r.member(ctx, handle, "GetFullPropertyTree", "qPropEntry")
		},
	}
}

func dimensions() list {
	return list{kind: "DimensionList", member: "qDimensionList", def: infos("dimension"), get: "GetDimension", entry: properties}
}

func measures() list {
	return list{kind: "MeasureList", member: "qMeasureList", def: infos("measure"), get: "GetMeasure", entry: properties}
}

func snapshots() list {
	return list{kind: "BookmarkList", member: "qBookmarkList", def: infos("snapshot"), get: "GetBookmark", entry: properties}
}

func bookmarks() list {
	return list{kind: "BookmarkList", member: "qBookmarkList", def: infos("bookmark"), get: "GetBookmark", entry: bookmark}
}

func variables() list {
	def := infos("variable")
	def["qShowReserved"], def["qShowConfig"] = true, true
	return list{kind: "VariableList", member: "qVariableList", def: def, get: "GetVariableById", entry: variable}
}

func fields() list {
	return list{
		kind:   "FieldList",
		member: "qFieldList",
		def:    data{"qShowSystem": true, "qShowHidden": true, "qShowSrcTables": true, "qShowSemantic": true},
	}
}

// media are those in the app. Others, of the site's libraries, have other URLs.
func media() list {
	return list{kind: "MediaList", member: "qMediaList", def: data{}, keep: func(item object) bool {
		var url string
		return json.Unmarshal(item["qUrlDef"], &url) == nil && strings.HasPrefix(url, "/media/")
	}}
}

// properties is an entry as it is.
func properties(ctx context.Context, r *reader, handle int, _ object) (any, error) {
	return r.member(ctx, handle, "GetProperties", "qProp")
}

// bookmark adds what is selected, which only the layout tells.
func bookmark(ctx context.Context, r *reader, handle int, _ object) (any, error) {
	found, err := r.object(ctx, handle, "GetProperties", "qProp")
	if err != nil {
		return nil, err
	}
	layout, err := r.object(ctx, handle, "GetLayout", "qLayout")
	if err != nil {
		return nil, err
	}
	inner := object{}
	if text := found["qData"]; len(text) > 0 {
		if err := json.Unmarshal(text, &inner); err != nil {
			return nil, fmt.Errorf("reading a bookmark: %w", err)
		}
	}
	if inner == nil { // null
		inner = object{}
	}
	if state := layout["qBookmark"]; state != nil {
		inner["qBookMark"] = state
	}
	found["qData"], err = json.Marshal(inner)
	return found, err
}

// variable adds where it comes from, which only the list tells.
func variable(ctx context.Context, r *reader, handle int, item object) (any, error) {
	found, err := r.object(ctx, handle, "GetProperties", "qProp")
	if err != nil {
		return nil, err
	}
	for _, name := range []string{"qIsScriptCreated", "qIsReserved", "qIsConfig"} {
		if string(item[name]) == "true" {
			found[name] = item[name]
		}
	}
	return found, nil
}

// request makes the list in the session; it is gone with it.
func (l list) request(doc int) engine.Request {
	def := data{"qInfo": data{"qId": l.kind, "qType": l.kind}, l.member + "Def": l.def}
	return engine.Request{Handle: doc, Method: "CreateSessionObject", Params: []any{def}}
}
