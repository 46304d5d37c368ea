package pgtest

import (
	"fmt"
	"os"
	"sync"
	"testing"
)

// shared is the server of a whole test process. It is a variable of the package
// because tests have nothing else in common; Main owns it.
var shared struct {
	mu     sync.Mutex
	mainIs bool // Main runs, so that somebody stops the server
	made   bool
	server *Server
	err    error
}

// Main runs the tests of a package and then stops the server that Shared made.
// TestMain calls it in place of m.Run.
func Main(m *testing.M) int {
	shared.mu.Lock()
	shared.mainIs = true
	shared.mu.Unlock()
	code := m.Run()
	shared.mu.Lock()
	defer shared.mu.Unlock()
	if shared.server != nil {
		if err := shared.server.remove(); err != nil {
			fmt.Fprintf(os.Stderr, "removing PostgreSQL: %v\n", err)
			return max(code, 1)
		}
	}
	return code
}

// Shared is one server for all tests of the process, made by the first who asks.
// Tests take a database each (NewDatabase) and leave the server running. Where
// TestMain does not call Main, Shared is like Start.
func Shared(t testing.TB) *Server {
	t.Helper()
	shared.mu.Lock()
	defer shared.mu.Unlock()
	if !shared.mainIs {
		return Start(t)
	}
	if !shared.made {
		shared.made = true
		shared.server, shared.err = create(nil)
	}
	check(t, shared.err)
	return shared.server
}
