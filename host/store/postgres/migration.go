package postgres

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"
)

//go:embed migrations/*.sql
var migrations embed.FS

// migration is one step of the schema. Its first line says the earliest version
// whose butlerd can still work with it, so that hosts of two versions can run
// beside each other.
type migration struct {
	version        int64
	compatibleFrom int64
	sql            string
}

const compatibleLine = "-- compatible_from: "

// known are the migrations of this build, in order.
func known() ([]migration, error) {
	names, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		return nil, err
	}
	all := make([]migration, len(names)) // sorted by name, and so by version
	for i, name := range names {
		text, err := migrations.ReadFile(name)
		if err != nil {
			return nil, err
		}
		if all[i], err = parseMigration(name, string(text)); err != nil {
			return nil, fmt.Errorf("reading migration %q: %w", name, err)
		}
	}
	return all, nil
}

func parseMigration(name, text string) (m migration, err error) {
	number, _, _ := strings.Cut(path.Base(name), "_")
	if m.version, err = strconv.ParseInt(number, 10, 64); err != nil {
		return m, err
	}
	first, _, _ := strings.Cut(text, "\n")
	m.sql = text
	m.compatibleFrom, err = strconv.ParseInt(strings.TrimPrefix(first, compatibleLine), 10, 64)
	return m, err
}
