package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"butlerd/host/config"
)

// storePlace says where a store is, without what its URL holds of secrets.
type storePlace struct {
	Kind  string `json:"kind"`
	Place string `json:"place"` // a path, or HOST:PORT/DATABASE; empty: it cannot be said
}

func newStorePlace(c config.Store) storePlace {
	if c.Kind == "sqlite" {
		return storePlace{Kind: c.Kind, Place: c.Path}
	}
	return storePlace{Kind: c.Kind, Place: placeOf(c.Postgres.URL)}
}

func (s storePlace) String() string { return strings.TrimSpace(s.Kind + " " + s.Place) }

// plainURL is a PostgreSQL URL of which is known which part is what: what could be
// a piece of a password does not fit. Several hosts are separated by commas.
var plainURL = regexp.MustCompile(`^postgres(?:ql)?://(?:[^/?#@]*@)?([\w.-]*(?::\d+)?(?:,[\w.-]+(?::\d+)?)*|\[[0-9a-fA-F:]+\](?::\d+)?)(/[\w.-]*)?(?:[?#][^@]*)?$`)

func placeOf(url string) string {
	parts := plainURL.FindStringSubmatch(url)
	if parts == nil {
		return ""
	}
	return parts[1] + parts[2]
}

// sameStore says whether two configurations name one store.
func sameStore(a, b config.Store) bool {
	if a.Kind != b.Kind {
		return false
	}
	if a.Kind != "sqlite" {
		return a.Postgres.URL == b.Postgres.URL
	}
	first, err1 := filepath.Abs(a.Path)
	second, err2 := filepath.Abs(b.Path)
	if err1 == nil && err2 == nil && first == second {
		return true
	}
	one, err1 := os.Stat(a.Path)
	two, err2 := os.Stat(b.Path)
	return err1 == nil && err2 == nil && os.SameFile(one, two)
}
