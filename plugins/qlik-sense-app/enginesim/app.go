package enginesim

import (
	"encoding/json"
	"slices"
	"time"
)

// App is an app of the site. Its lists may be empty.
type App struct {
	ID         string // a GUID in lower case
	Name       string
	Properties json.RawMessage // an object; nil: just the name as qTitle
	Script     string

	Objects     []Entry           // sheets, stories and so on: Type says which
	Dimensions  []Entry           // master items
	Measures    []Entry           // master items
	Bookmarks   []Entry           // with type bookmark, or snapshot
	Variables   []Entry           // of the app
	Media       []json.RawMessage // items of the list of media
	Fields      []json.RawMessage // items of the list of fields
	Connections []json.RawMessage // each with its qId

	ReloadTime time.Duration // how long a reload takes; 0: Options.ReloadTime
	Fails      string        // why the script fails; empty: it does not
	Denied     []string      // users, as DIRECTORY\id, that may not open the app
}

// Entry is an object of an app.
type Entry struct {
	ID         string
	Type       string          // such as sheet
	Properties json.RawMessage // of an entry of App.Objects the whole tree
	Item       json.RawMessage // an object: members of its line in the list, besides qInfo; may be nil
	Layout     json.RawMessage // an object: members of its layout, besides qInfo; may be nil
}

// Ids of DefaultApps.
const (
	App1 = "00000000-0000-0000-0000-000000000009"
	App2 = "00000000-0000-0000-0000-000000000010"
)

// DefaultApps are two apps without objects.
func DefaultApps() []App {
	const script = "///$tab Main\r\nLOAD 1 as a AUTOGENERATE 1;"
	return []App{
		{ID: App1, Name: "App1", Script: script},
		{ID: App2, Name: "App2 åäö", Script: script},
	}
}

// properties are those of the app.
func (a *App) properties() any {
	if a.Properties != nil {
		return a.Properties
	}
	return members{"qTitle": a.Name}
}

// find gives the entry with an id, nil when there is none.
func find(list []Entry, id string) *Entry {
	i := slices.IndexFunc(list, func(e Entry) bool { return e.ID == id })
	if i < 0 {
		return nil
	}
	return &list[i]
}

// members is a JSON object.
type members map[string]any

// with is an object with the members of another one.
func (m members) with(object json.RawMessage) members {
	var more map[string]json.RawMessage
	_ = json.Unmarshal(object, &more) // nil adds nothing
	for name, value := range more {
		m[name] = value
	}
	return m
}
