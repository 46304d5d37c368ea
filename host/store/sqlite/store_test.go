package sqlite_test

import (
	"context"
	"path/filepath"
	"testing"
	"testing/synctest"

	"butlerd/host/store"
	"butlerd/host/store/sqlite"
	"butlerd/host/store/storetest"
)

func open(t testing.TB, path string) *sqlite.DB {
	t.Helper()
	db, err := sqlite.Open(context.Background(), sqlite.Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	return db
}

// inFile gives ledgers in files of their own.
func inFile(t testing.TB) storetest.Opener {
	path := filepath.Join(t.TempDir(), "butlerd.db")
	return func(t testing.TB) store.Store { return open(t, path) }
}

func inMemory(testing.TB) storetest.Opener {
	return func(t testing.TB) store.Store { return open(t, ":memory:") }
}

func TestContract(t *testing.T) {
	t.Parallel()
	storetest.Run(t, inFile)
}

func TestContractInMemory(t *testing.T) {
	t.Parallel()
	for _, c := range storetest.Cases() {
		if c.Reopens || c.Large {
			continue // it ends with its store, and large ones differ from those in a file in nothing
		}
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { c.Test(t, inMemory) })
		})
	}
}
