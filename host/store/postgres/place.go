package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
)

// findSchema learns in which schema the tables are or will be, and whether the
// database is of use.
func (d *DB) findSchema(ctx context.Context) error {
	var schema, searchPath, encoding string
	var server int
	err := d.transact(ctx, beginRead, true, func(t *tx) error {
		t.q(`SELECT coalesce(current_schema(), ''), current_setting('search_path'), current_setting('server_encoding'),
			current_setting('server_version_num')::bigint`).QueryRow(into(&schema, &searchPath, &encoding, &server))
		return nil
	})
	switch {
	case err != nil:
		return err
	case encoding != "UTF8":
		return fmt.Errorf("the database has the encoding %s: it must be UTF8", encoding)
	case server < 130000:
		return fmt.Errorf("the server has version %d: it must be PostgreSQL 13 or later", server/10000)
	case schema == "":
		if schema, err = d.createSchema(ctx, searchPath); err != nil {
			return err
		}
	}
	d.locks = locksOf(schema)
	return nil
}

// createSchema makes the first schema of the search path, none of which is
// there. Hosts that do so at once wait for each other.
func (d *DB) createSchema(ctx context.Context, searchPath string) (string, error) {
	first := firstSchema(searchPath)
	if first == "" || first == "$user" {
		return "", errors.New("no schema of its search_path exists")
	}
	return first, d.transact(context.WithoutCancel(ctx), beginWrite, true, func(t *tx) error {
		t.lock(migrateLock())
		t.q("CREATE SCHEMA IF NOT EXISTS " + pgx.Identifier{first}.Sanitize())
		return t.flush()
	})
}

// firstSchema is the first name in a search path. One without quotes is read in
// lower case.
func firstSchema(searchPath string) string {
	path := strings.TrimSpace(searchPath)
	if quoted, found := strings.CutPrefix(path, `"`); found {
		name, _, _ := strings.Cut(quoted, `"`)
		return name
	}
	name, _, _ := strings.Cut(path, ",")
	return strings.ToLower(strings.TrimSpace(name))
}
