package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"butlerd/plugins/qlik-sense-app/engine"
)

// parallel is how many objects of a list are read at once: enough to hide the way
// to the engine and back, too few to keep it from others.
const parallel = 8

// reader reads an app within the size that a dump may have.
type reader struct {
	*session
	left atomic.Int64 // bytes that may still be read
}

// take counts what was read, and stops before a dump becomes too large to be
// worth going on.
func (r *reader) take(bytes int) error {
	if r.left.Add(-int64(bytes)) < 0 {
		return errTooLarge()
	}
	return nil
}

// list reads all entries of a list, in its order. Without any it gives an empty
// list, not null.
func (r *reader) list(ctx context.Context, l list) ([]json.RawMessage, error) {
	items, err := r.items(ctx, l)
	if err != nil {
		return nil, err
	}
	if l.get == "" {
		return r.plain(items)
	}
	return r.each(ctx, len(items), func(ctx context.Context, i int) (any, error) {
		handle, err := r.Object(ctx, engine.Request{Handle: r.doc, Method: l.get, Params: []any{items[i].id}})
		if err != nil {
			return nil, err
		}
		return l.entry(ctx, r, handle, items[i].members)
	})
}

// item is one line of a list.
type item struct {
	id      string
	members object
	text    json.RawMessage
}

// items are those of the list that are wanted.
func (r *reader) items(ctx context.Context, l list) ([]item, error) {
	handle, err := r.Object(ctx, l.request(r.doc))
	if err != nil {
		return nil, err
	}
	layout, err := r.object(ctx, handle, "GetLayout", "qLayout")
	if err != nil {
		return nil, err
	}
	var found struct {
		Items []json.RawMessage `json:"qItems"`
	}
	if err := json.Unmarshal(layout[l.member], &found); err != nil {
		return nil, fmt.Errorf("reading %s: the engine's answer has no list %s", l.kind, l.member)
	}
	var items []item
	for _, text := range found.Items {
		var at struct {
			Info struct {
				ID string `json:"qId"`
			} `json:"qInfo"`
		}
		i := item{text: text}
		if err := errors.Join(json.Unmarshal(text, &i.members), json.Unmarshal(text, &at)); err != nil {
			return nil, fmt.Errorf("reading %s: %w", l.kind, err)
		}
		i.id = at.Info.ID
		if l.keep == nil || l.keep(i.members) {
			items = append(items, i)
		}
	}
	return items, nil
}

// plain are the items themselves.
func (r *reader) plain(items []item) ([]json.RawMessage, error) {
	entries := []json.RawMessage{}
	for _, i := range items {
		if err := r.take(len(i.text)); err != nil {
			return nil, err
		}
		entries = append(entries, i.text)
	}
	return entries, nil
}

// connections are not objects; they have calls of their own.
func (r *reader) connections(ctx context.Context) ([]json.RawMessage, error) {
	var found struct {
		Connections []struct {
			ID string `json:"qId"`
		} `json:"qConnections"`
	}
	if err := r.Call(ctx, engine.Request{Handle: r.doc, Method: "GetConnections"}, &found); err != nil {
		return nil, err
	}
	return r.each(ctx, len(found.Connections), func(ctx context.Context, i int) (any, error) {
		var answer struct {
			Connection json.RawMessage `json:"qConnection"`
		}
		err := r.Call(ctx, engine.Request{Handle: r.doc, Method: "GetConnection", Params: []any{found.Connections[i].ID}}, &answer)
		return answer.Connection, err
	})
}

// each reads n entries, some at once. The first error ends it.
func (r *reader) each(ctx context.Context, n int, read func(ctx context.Context, i int) (any, error)) ([]json.RawMessage, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	entries := make([]json.RawMessage, n)
	slots := make(chan struct{}, parallel)
	var readers sync.WaitGroup
	for i := range n {
		slots <- struct{}{}
		readers.Go(func() {
			defer func() { <-slots }()
			if ctx.Err() != nil {
				return
			}
			if err := r.entry(ctx, &entries[i], func(ctx context.Context) (any, error) { return read(ctx, i) }); err != nil {
				cancel(err)
			}
		})
	}
	readers.Wait()
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	return entries, nil
}

func (r *reader) entry(ctx context.Context, into *json.RawMessage, read func(context.Context) (any, error)) error {
	v, err := read(ctx)
	if err != nil {
		return err
	}
	if *into, err = json.Marshal(v); err != nil {
		return err
	}
	return r.take(len(*into))
}

// member calls a method without parameters, and gives a member of the answer.
func (r *reader) member(ctx context.Context, handle int, method, name string) (json.RawMessage, error) {
	var answer object
	if err := r.Call(ctx, engine.Request{Handle: handle, Method: method}, &answer); err != nil {
		return nil, err
	}
	if answer[name] == nil {
		return nil, fmt.Errorf("%s: the engine's answer has no %s", method, name)
	}
	return answer[name], nil
}

// object is member for one that is an object.
func (r *reader) object(ctx context.Context, handle int, method, name string) (object, error) {
	text, err := r.member(ctx, handle, method, name)
	if err != nil {
		return nil, err
	}
	var found object
	if err := json.Unmarshal(text, &found); err != nil || found == nil {
		return nil, fmt.Errorf("%s: the engine's %s is no object", method, name)
	}
	return found, nil
}
