package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
)

//go:embed migrations/*.sql
var migrations embed.FS

// migrate brings the schema up to date. A schema that is newer than the one
// known here is refused: an older butlerd would write what a newer one does not
// expect.
func migrate(ctx context.Context, db *sql.DB) error {
	p, err := newProvider(db)
	if err != nil {
		return fmt.Errorf("reading the migrations: %w", err)
	}
	current, known, err := p.GetVersions(ctx)
	if err != nil {
		return fmt.Errorf("reading the schema's version: %w", err)
	}
	if current > known {
		return fmt.Errorf("its schema has version %d, and this butlerd knows versions up to %d: it was written by a newer butlerd", current, known)
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("migrating the schema: %w", err)
	}
	return nil
}

func newProvider(db *sql.DB) (*goose.Provider, error) {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(goose.DialectSQLite3, db, files,
		goose.WithLogger(goose.NopLogger()), goose.WithDisableGlobalRegistry(true))
}

// SchemaVersion is the version of the schema.
func (d *DB) SchemaVersion(ctx context.Context) (version int64, err error) {
	err = d.read(ctx, "reading the schema's version", func(ctx context.Context, q queryer) error {
		found, err := collect(ctx, q, scanNumber, "SELECT max(version_id) FROM goose_db_version WHERE is_applied")
		if err == nil {
			version = found[0]
		}
		return err
	})
	return version, err
}
