package loadscripts_test

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"butlerd/plugins/qlik-sense-app/enginesim"
)

// enginesimApp is an app that the simulator has.
const enginesimApp = enginesim.App1

// post sends what prepares something, and must succeed.
func (w *world) post(t *testing.T, path, body string) {
	t.Helper()
	e, err := newConnector().send(http.MethodPost, w.url+path, body, http.Header{"Content-Type": {"application/json"}})
	if err != nil || e.status != http.StatusCreated {
		t.Fatalf("%s: %d %s, %v", path, e.status, e.answer, err)
	}
}

// write makes a file in the directory of the world.
func (w *world) write(t *testing.T, name string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(w.dir, filepath.FromSlash(name)), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
}

func (w *world) there(name string) bool {
	_, err := os.Stat(filepath.Join(w.dir, filepath.FromSlash(name)))
	return !errors.Is(err, os.ErrNotExist)
}

// eventually waits for something that comes soon after an answer.
func eventually(t *testing.T, holds func() bool) bool {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return false
		}
	}
	return true
}

// testConnections sends what Qlik Sense does when the data connections of README.md
// are made or tested.
func testConnections(t *testing.T, w *world) {
	c := newConnector()
	e, err := c.send(http.MethodGet, w.url+"/v4/butlerping", "", http.Header{})
	if err != nil || e.status != http.StatusOK {
		t.Errorf("the first: %d %s, %v", e.status, e.answer, err)
	}
	e, err = c.send(http.MethodPost, w.url+"/v4/keyvalues/test", dummy, http.Header{"Content-Type": {"application/json"}})
	if err != nil || e.status != http.StatusCreated {
		t.Errorf("the second: %d %s, %v", e.status, e.answer, err)
	}
	loadable(t, "the second", e, `{"namespace":"test","key":"abc","value":"123","ttl":5000}`)
}
