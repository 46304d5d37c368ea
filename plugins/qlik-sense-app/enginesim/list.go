package enginesim

import (
	"encoding/json"
)

// list is a session object that lists objects of an app.
type list struct {
	id     string
	member string // of the layout
	items  []any
}

// definition is what a client says of the list it wants.
type definition struct {
	Info struct {
		ID string `json:"qId"`
	} `json:"qInfo"`
	Objects    *kind `json:"qAppObjectListDef"`
	Dimensions *kind `json:"qDimensionListDef"`
	Measures   *kind `json:"qMeasureListDef"`
	Bookmarks  *kind `json:"qBookmarkListDef"`
	Variables  *kind `json:"qVariableListDef"`
	Media      *kind `json:"qMediaListDef"`
	Fields     *kind `json:"qFieldListDef"`
}

type kind struct {
	Type string `json:"qType"`
}

func (s *session) createList(a *App, r rpc) (any, *failure) {
	var d definition
	if len(r.Params) != 1 || json.Unmarshal(r.Params[0], &d) != nil {
		return nil, errParameters
	}
	l := list{id: d.Info.ID}
	switch {
	case d.Objects != nil:
		l.member, l.items = "qAppObjectList", entries(a.Objects, d.Objects.Type)
	case d.Dimensions != nil:
		l.member, l.items = "qDimensionList", entries(a.Dimensions, "")
	case d.Measures != nil:
		l.member, l.items = "qMeasureList", entries(a.Measures, "")
	case d.Bookmarks != nil:
		l.member, l.items = "qBookmarkList", entries(a.Bookmarks, d.Bookmarks.Type)
	case d.Variables != nil:
		l.member, l.items = "qVariableList", entries(a.Variables, "")
	case d.Media != nil:
		l.member, l.items = "qMediaList", raw(a.Media)
	case d.Fields != nil:
		l.member, l.items = "qFieldList", raw(a.Fields)
	default:
		return nil, errParameters
	}
	return s.handle(l, "GenericObject", l.id), nil
}

// entries are the lines of those of a type; empty: of all.
func entries(from []Entry, typ string) []any {
	items := []any{}
	for i := range from {
		if typ == "" || from[i].Type == typ {
			items = append(items, from[i].info().with(from[i].Item))
		}
	}
	return items
}

func raw(from []json.RawMessage) []any {
	items := []any{}
	for _, item := range from {
		items = append(items, item)
	}
	return items
}

func (l list) call(r rpc) (any, *failure) {
	if r.Method != "GetLayout" {
		return nil, errMethod
	}
	return members{"qLayout": members{"qInfo": members{"qId": l.id}, l.member: members{"qItems": l.items}}}, nil
}
