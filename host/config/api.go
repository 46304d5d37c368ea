package config

import (
	"maps"
	"slices"

	"butlerd/host/files"
	"butlerd/host/taskfilter"
)

// API is the api block: what callers of the API may do.
type API struct {
	// Disabled are operations of /v4 that are answered as unknown routes are, by their
	// names in Butler, see Operations.
	Disabled map[string]bool
	// RequestsPerMinute is how many requests one client may make, by its address. 0: no
	// limit, which is the default on a loopback address; elsewhere the default is 1200.
	RequestsPerMinute int
	StartTasks        taskfilter.Filter // start_task_filter; without the block everything may be started
	KeyValues         KeyValueStore
	Files             files.Approved
}

// KeyValueStore bounds the key-value store.
type KeyValueStore struct {
	MaxKeys       int // of a namespace; default 1000
	MaxNamespaces int // default 1000
	MaxBytes      int // of all keys and values; default 64 MiB
}

// meaning is what hosts of a store should have in common of the block: all but the
// directories, which are each host's own, and a limit that follows from where it
// listens.
func (a API) meaning(limited bool) []any {
	properties := make([][2]string, 0, len(a.StartTasks.Properties))
	for p := range a.StartTasks.Properties {
		properties = append(properties, [2]string{p.Name, p.Value})
	}
	slices.SortFunc(properties, func(x, y [2]string) int { return slices.Compare(x[:], y[:]) })
	all := []any{
		slices.Sorted(maps.Keys(a.Disabled)), a.KeyValues, a.StartTasks.On,
		slices.Sorted(maps.Keys(a.StartTasks.TaskIDs)), slices.Sorted(maps.Keys(a.StartTasks.Tags)), properties,
	}
	if limited {
		all = append(all, a.RequestsPerMinute)
	}
	return all
}
