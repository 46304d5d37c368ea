package config

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"time"
)

// Postgres is the body of a store block of the kind postgres. Printed, logged or
// written as JSON it shows no URL.
type Postgres struct {
	URL              string        // postgres://… or host=… dbname=…; it may hold a password and is never shown
	Lease            time.Duration // how long a host that is not heard of keeps its work; default 10s, 1s to 5m
	MaxConnections   int           // default 10, 4 to 100
	ConnectTimeout   time.Duration // default 5s, at least 100ms
	StatementTimeout time.Duration // default 10s, at least 100ms
	// Pooler says that the URL leads to a pooler in transaction mode: nothing is
	// prepared, and wake-ups come by polls alone.
	Pooler bool
	// TLS files, absolute; empty: as the URL says. The last two come together.
	RootCert, ClientCert, ClientKey string
}

// shownPostgres has none of the methods below.
type shownPostgres Postgres

func (p Postgres) shown() shownPostgres {
	if p.URL != "" {
		p.URL = secretMask
	}
	return shownPostgres(p)
}

// String is for people.
func (p Postgres) String() string { return fmt.Sprintf("%+v", p.shown()) }

// GoString is String, for %#v.
func (p Postgres) GoString() string { return p.String() }

// LogValue is for logs.
func (p Postgres) LogValue() slog.Value { return slog.AnyValue(p.shown()) }

// MarshalJSON is for showing: the URL is not in it.
func (p Postgres) MarshalJSON() ([]byte, error) { return json.Marshal(p.shown()) }
