package sqlite

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"butlerd/host/run"
	"butlerd/host/store"
)

func openFile(t *testing.T, path string) *DB {
	t.Helper()
	d, err := Open(t.Context(), Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

// refuses checks that path cannot be opened, for a reason with these words.
func refuses(t *testing.T, path string, words ...string) {
	t.Helper()
	d, err := Open(t.Context(), Options{Path: path})
	if err == nil {
		d.Close()
		t.Fatalf("%q is opened", path)
	}
	for _, word := range append(words, fmt.Sprintf("opening store %q", path)) {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("the error %q does not say %q", err, word)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	t.Run("a database that is in use, and names who has it", func(t *testing.T) {
		t.Parallel()
		path := filepath.Join(t.TempDir(), "b.db")
		d := openFile(t, path)
		host, err := os.Hostname()
		if err != nil {
			t.Fatal(err)
		}
		refuses(t, path, "in use by", fmt.Sprintf("process %d on %s", os.Getpid(), host))
		if err := d.Ping(t.Context()); err != nil {
			t.Errorf("the one who has it cannot use it any more: %v", err)
		}
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
		openFile(t, path)
	})
	t.Run("a schema newer than it knows", func(t *testing.T) {
		t.Parallel()
		path := filepath.Join(t.TempDir(), "b.db")
		d := openFile(t, path)
		_, err := d.writer.conn.ExecContext(t.Context(), "INSERT INTO goose_db_version (version_id, is_applied) VALUES (99, 1)")
		if err != nil {
			t.Fatal(err)
		}
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
		refuses(t, path, "version 99", "newer butlerd")
	})
	t.Run("a file that is something else", func(t *testing.T) {
		t.Parallel()
		path := filepath.Join(t.TempDir(), "b.db")
		if err := os.WriteFile(path, bytes.Repeat([]byte("not a database\n"), 1000), 0o600); err != nil {
			t.Fatal(err)
		}
		refuses(t, path, "not a SQLite database")
	})
	t.Run("a file whose header is damaged", func(t *testing.T) {
		t.Parallel()
		path := filepath.Join(t.TempDir(), "b.db")
		if err := openFile(t, path).Close(); err != nil {
			t.Fatal(err)
		}
		overwrite(t, path, 0, []byte("SQLite format 9\x00"))
		refuses(t, path, "damaged")
	})
	t.Run("a directory in place of the file", func(t *testing.T) {
		t.Parallel()
		refuses(t, t.TempDir())
	})
	t.Run("a directory that cannot be made", func(t *testing.T) {
		t.Parallel()
		file := filepath.Join(t.TempDir(), "file")
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		refuses(t, filepath.Join(file, "b.db"), "making its directory")
	})
	t.Run("no path", func(t *testing.T) {
		t.Parallel()
		refuses(t, "", "no path")
	})
	t.Run("a context that has ended", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		path := filepath.Join(t.TempDir(), "b.db")
		if _, err := Open(ctx, Options{Path: path}); !errors.Is(err, context.Canceled) {
			t.Errorf("got the error %v, want that of the context", err)
		}
		openFile(t, path) // nothing of it is left locked
	})
}

func overwrite(t *testing.T, path string, at int64, with []byte) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteAt(with, at); err != nil {
		t.Fatal(err)
	}
}

func TestOpenTakesAnyPath(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"a b.db", "a?mode=memory.db", "100%25.db", "a#b.db", "åäö 日本.db", "file:x.db", "a'b\".db", "+&=.db"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if runtime.GOOS == "windows" && strings.ContainsAny(name, `?:"`) {
				t.Skip("Windows has no such file names")
			}
			path := filepath.Join(t.TempDir(), "deep", "er", name)
			if err := openFile(t, path).Close(); err != nil {
				t.Fatal(err)
			}
			if info, err := os.Stat(path); err != nil || info.Size() == 0 {
				t.Errorf("the database is not at its path: %v", err)
			}
		})
	}
}

func TestOpenClosesItsFilesToOthers(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no such permissions")
	}
	dir := filepath.Join(t.TempDir(), "data")
	d := openFile(t, filepath.Join(dir, "b.db"))
	if err := d.Ping(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := map[string]os.FileMode{".": 0o700, "b.db": 0o600, "b.db-wal": 0o600, "b.db-shm": 0o600, "b.db.lock": 0o600}
	for name, mode := range want {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil || info.Mode().Perm() != mode {
			t.Errorf("%s: %v, %v, want %v", name, info.Mode().Perm(), err, mode)
		}
	}
}

func TestDurabilityIsSet(t *testing.T) {
	t.Parallel()
	d := openFile(t, filepath.Join(t.TempDir(), "b.db"))
	for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "busy_timeout": "5000"} {
		var got string
		if err := d.writer.conn.QueryRowContext(t.Context(), "PRAGMA "+pragma).Scan(&got); err != nil || got != want {
			t.Errorf("%s is %q, %v, want %q", pragma, got, err, want)
		}
	}
	if _, err := d.readers.ExecContext(t.Context(), "UPDATE ledger SET pings = 0"); err == nil {
		t.Error("a reader can write")
	}
}

func TestCloseLeavesNoJournal(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "b.db")
	d := openFile(t, path)
	if _, err := d.Change(t.Context(), creation("s")); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Schedules(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if left, err := filepath.Glob(path + "-*"); err != nil || len(left) > 0 {
		t.Errorf("%v is left beside the database, %v", left, err)
	}
}

func TestFullDisk(t *testing.T) {
	t.Parallel()
	d := openFile(t, filepath.Join(t.TempDir(), "b.db"))
	ctx := t.Context()
	if _, err := d.Change(ctx, creation("before")); err != nil {
		t.Fatal(err)
	}
	joinHost(t, d)
	startRuns(t, d, "r")
	limitPages(t, d, 40)
	big := []run.LogEntry{{RunID: "r", Attempt: 1, Seq: 1, Text: strings.Repeat("x", store.MaxDocument)}}
	if err := d.Log(ctx, "host", big); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("got the error %v, want that the store is unavailable", err)
	}
	if all, err := d.Schedules(ctx); err != nil || len(all) != 2 {
		t.Errorf("on a full disk there are %d schedules, %v", len(all), err)
	}
	limitPages(t, d, 1<<20)
	if err := d.Log(ctx, "host", big); err != nil {
		t.Errorf("writing again when there is room: %v", err)
	}
	if entries, err := d.RunLog(ctx, store.LogQuery{RunID: "r"}); err != nil || len(entries) != 1 {
		t.Errorf("there are %d entries, %v, want one", len(entries), err)
	}
}

// limitPages is how many pages the file may have: a disk that is full.
func limitPages(t *testing.T, d *DB, pages int) {
	t.Helper()
	if _, err := d.writer.conn.ExecContext(t.Context(), fmt.Sprint("PRAGMA max_page_count = ", pages)); err != nil {
		t.Fatal(err)
	}
}

func TestReadOnlyFile(t *testing.T) {
	t.Parallel()
	d := openFile(t, filepath.Join(t.TempDir(), "b.db"))
	if _, err := d.writer.conn.ExecContext(t.Context(), "PRAGMA query_only = 1"); err != nil {
		t.Fatal(err)
	}
	if err := d.Ping(t.Context()); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("got the error %v, want that the store is unavailable", err)
	}
}

func TestDamagedPagesAreReported(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "b.db")
	d := openFile(t, path)
	var changes []store.Change
	for i := range 2000 {
		changes = append(changes, creation(fmt.Sprint("s", i))...)
	}
	if _, err := d.Change(t.Context(), changes); err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	overwrite(t, path, info.Size()/2, bytes.Repeat([]byte{0xa5}, int(info.Size()/2)))
	d = openFile(t, path)
	_, err = d.Schedules(t.Context())
	if err == nil || !strings.Contains(err.Error(), "damaged") || errors.Is(err, store.ErrUnavailable) {
		t.Errorf("got the error %v, want that the file is damaged", err)
	}
}
