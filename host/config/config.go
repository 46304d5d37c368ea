package config

import "time"

// Config is a configuration of which all is evaluated that needs no plugin. It
// does not change, and is safe for concurrent use.
type Config struct {
	Host    Host
	Store   Store
	History History
	API     API
	Pools   map[string]Pool // by name
	Plugins []*Plugin       // in the order they were read
	// Hash names the meaning of the whole: formatting, comments, the order and
	// the division into files do not change it. It covers what is each host's own,
	// its name say; SharedHash leaves that out. Like a fingerprint it covers
	// secrets and must not be shown.
	Hash string

	sources *sources
	rules   []*rule // the notify blocks
	// apiMeaning is the meaning of the api block; nil without one, so that the hash of a
	// configuration of before there were such blocks is what it was.
	apiMeaning []any
	drafts     []*draft
	bundled    []string
}

// Host is the host block.
type Host struct {
	Name          string            // for people, at most 200 characters; default the machine's name
	Labels        map[string]string // that placements of schedules ask for; at most 64
	Listen        string            // host:port; default 127.0.0.1:8080, port 0 picks one
	DataDir       string            // default data; relative to the working directory
	Timezone      string            // of schedules that say none; empty: each must say it
	V4Responses   string            // shapes of the v4 API: examples (default) or butler-16
	ShutdownGrace time.Duration     // for open runs when the host stops; default 10s
	LateLimit     time.Duration     // a firing found later than this is recorded as missed; default 1m, at least 1s
	LogLevel      string            // debug, info (default), warn or error
	LogFormat     string            // text (default) or json

	// AllowRemoteWithoutAuthentication says that Listen may be reachable from
	// other machines. Load refuses such a Listen without it.
	AllowRemoteWithoutAuthentication bool
}

// Store is the store block. Two that are equal (==) need the same connection.
type Store struct {
	Kind     string // sqlite or postgres
	Path     string // sqlite: the database's file; default butlerd.db in DataDir
	Postgres Postgres
}
