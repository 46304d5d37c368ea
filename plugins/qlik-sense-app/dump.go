package app

import (
	"context"
	"encoding/json"
	"fmt"

	"butlerd/plugins/qlik-sense-app/engine"
	"butlerd/sdk"
)

// maxDumpMessage bounds the messages of a session that dumps, in bytes: a list may
// carry much that the dump leaves out.
const maxDumpMessage = 64 << 20

// Dump is what an app consists of, without its data: the members, and what is in
// them, as Butler 16 and the npm package serializeapp before it have them. Objects
// are as the engine gives them.
type Dump struct {
	Properties      json.RawMessage   `json:"properties"`      // properties of the app
	LoadScript      string            `json:"loadScript"`      // the load script
	Sheets          []json.RawMessage `json:"sheets"`          // property trees of the sheets, with what is on them
	Stories         []json.RawMessage `json:"stories"`         // property trees of the stories
	MasterObjects   []json.RawMessage `json:"masterobjects"`   // property trees of the master visualizations
	AppProps        []json.RawMessage `json:"appprops"`        // property trees of the app's own settings, such as its theme
	DataConnections []json.RawMessage `json:"dataconnections"` // data connections that the user may use; the engine leaves out passwords
	Dimensions      []json.RawMessage `json:"dimensions"`      // properties of the master dimensions
	Measures        []json.RawMessage `json:"measures"`        // properties of the master measures
	EmbeddedMedia   []json.RawMessage `json:"embeddedmedia"`   // media that are in the app itself
	Fields          []json.RawMessage `json:"fields"`          // fields of the data model, as far as they are known without the data
	Bookmarks       []json.RawMessage `json:"bookmarks"`       // properties of the bookmarks, with what is selected in qData.qBookMark
	Snapshots       []json.RawMessage `json:"snapshots"`       // properties of the snapshots
	Variables       []json.RawMessage `json:"variables"`       // properties of the variables, reserved ones and those of the script too
	AppID           string            `json:"appId"`           // id of the app
}

// plain is a Dump without methods.
type plain Dump

// MarshalJSON implements json.Marshaler. The names are Butler's, which the schema of
// a result cannot have; what decides itself what it encodes to needs none.
func (d Dump) MarshalJSON() ([]byte, error) { return json.Marshal(plain(d)) }

// dump is the query.
func (p *plugin) dump(ctx context.Context, args DumpArguments) (Dump, error) {
	id := appID(args.AppID)
	s, err := p.open(ctx, opening{id: id, noData: true, limit: maxDumpMessage})
	if err != nil {
		return Dump{}, err
	}
	defer s.Close()
	d := Dump{AppID: id}
	r := &reader{session: s}
	r.left.Store(sdk.MaxQueryResult)
	if err := r.read(ctx, &d); err != nil {
		return Dump{}, classified(fmt.Errorf("dumping app %s: %w", id, err))
	}
	return d, d.check()
}

// read fills the dump, one list after the other.
func (r *reader) read(ctx context.Context, d *Dump) error {
	if err := r.about(ctx, d); err != nil {
		return err
	}
	lists := []struct {
		into *[]json.RawMessage
		list list
	}{
		{&d.Sheets, objects("sheet")},
		{&d.Stories, objects("story")},
		{&d.MasterObjects, objects("masterobject")},
		{&d.AppProps, objects("appprops")},
		{&d.Dimensions, dimensions()},
		{&d.Measures, measures()},
		{&d.Bookmarks, bookmarks()},
		{&d.EmbeddedMedia, media()},
		{&d.Snapshots, snapshots()},
		{&d.Fields, fields()},
		{&d.Variables, variables()},
	}
	for _, l := range lists {
		entries, err := r.list(ctx, l.list)
		if err != nil {
			return err
		}
		*l.into = entries
	}
	var err error
	d.DataConnections, err = r.connections(ctx)
	return err
}

// about reads what there is one of.
func (r *reader) about(ctx context.Context, d *Dump) error {
	var properties struct {
		Prop json.RawMessage `json:"qProp"`
	}
	if err := r.Call(ctx, engine.Request{Handle: r.doc, Method: "GetAppProperties"}, &properties); err != nil {
		return err
	}
	var script struct {
		Text string `json:"qScript"`
	}
	if err := r.Call(ctx, engine.Request{Handle: r.doc, Method: "GetScript"}, &script); err != nil {
		return err
	}
	d.Properties, d.LoadScript = properties.Prop, script.Text
	return r.take(len(properties.Prop) + len(script.Text))
}

// check looks at the size as it will be sent: JSON may grow when it is encoded.
func (d *Dump) check() error {
	data, err := json.Marshal(d)
	if err != nil {
		return err
	}
	if len(data) > sdk.MaxQueryResult {
		return errTooLarge()
	}
	return nil
}

func errTooLarge() error {
	return sdk.Permanent(fmt.Errorf("the dump of the app is larger than the %d KiB that can be passed on; export the app in the QMC instead", sdk.MaxQueryResult>>10))
}
