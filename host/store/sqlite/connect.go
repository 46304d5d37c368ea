package sqlite

import (
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	modernc "modernc.org/sqlite"
)

// memory is the Path of a database that is in memory and ends with its DB.
const memory = ":memory:"

// maxReaders bounds the connections for reading. Each costs up to its cache, 4
// MB; more than the cores there are would only wait for one another.
func maxReaders() int { return max(2, min(8, runtime.NumCPU())) }

// openWriter returns a pool of the one connection that writes.
func openWriter(path string) (*sql.DB, error) {
	db, err := connect(path,
		"busy_timeout(5000)", "journal_mode(wal)", "synchronous(full)", "cache_size(-16384)",
		// With the default of 1,000 pages a burst of claims would be copied into
		// the database several times over. The journal shrinks again after it.
		"wal_autocheckpoint(4000)", "journal_size_limit(33554432)")
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	db.SetMaxIdleConns(1)
	return db, nil
}

// openReaders returns the pool of the connections that read.
func openReaders(path string) (*sql.DB, error) {
	db, err := connect(path, "busy_timeout(5000)", "query_only(1)", "cache_size(-4096)")
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(maxReaders())
	db.SetMaxIdleConns(maxReaders())
	return db, nil
}

func connect(path string, pragmas ...string) (*sql.DB, error) {
	c, err := modernc.NewConnector(dsn(path, pragmas))
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(c), nil
}

// dsn escapes path, which may hold any of the characters that mean something
// in a URI. An absolute path of Windows begins with a drive and needs a slash.
func dsn(path string, pragmas []string) string {
	query := url.Values{"_pragma": pragmas}.Encode()
	if path == memory {
		return "file::memory:?" + query
	}
	path = filepath.ToSlash(path)
	if filepath.VolumeName(path) != "" && !strings.HasPrefix(path, "/") {
		path = "/" + path
	}
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + query
}

// createFile makes the database's file and its directory, closed to others.
// SQLite would make the file readable for all.
func createFile(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("making its directory: %w", err)
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if errors.Is(err, os.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return f.Close()
}
