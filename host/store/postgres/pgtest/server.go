package pgtest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// superuser is the role that tests connect as.
const superuser = "butlerd"

// patience bounds each wait for a server: far more than a slow machine needs.
const patience = time.Minute

// Mode is how a server is told to stop.
type Mode string

// The modes, as pg_ctl names them.
const (
	Smart     Mode = "smart"     // waits for the clients
	Fast      Mode = "fast"      // ends the connections, writes a checkpoint
	Immediate Mode = "immediate" // ends as if it crashed: the next start recovers
)

// Server is a PostgreSQL server in a temporary directory. Its methods are called
// by one goroutine at a time; URL and NewDatabase by any.
type Server struct {
	bin   string // directory of the programs
	dir   string // holds data, the socket and the log
	port  int
	host  string // that clients connect to
	args  []string
	owner *owner

	cmd  *exec.Cmd // nil while it is stopped
	done chan struct{}
}

// Start makes a server for one test and stops it at the end. It is durable as in
// production (fsync and synchronous_commit are on). Settings are added to the
// command line, such as "work_mem=1MB"; with "listen_addresses=192.0.2.1" the
// server listens there instead of on the loopback address, and trusts the network.
func Start(t testing.TB, settings ...string) *Server {
	t.Helper()
	s, err := create(settings)
	check(t, err)
	s.endWith(t)
	return s
}

// endWith removes the server at the end of a test, and shows the end of its log
// when the test has failed.
func (s *Server) endWith(t testing.TB) {
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the end of the log of PostgreSQL:\n%s", s.logTail())
		}
		if err := s.remove(); err != nil {
			t.Errorf("removing PostgreSQL: %v", err)
		}
	})
}

// create makes a server and starts it.
func create(settings []string) (*Server, error) {
	s, err := prepare(settings)
	if err != nil {
		return nil, err
	}
	// fsync is left out of initdb only: what a test writes later is synced.
	err = s.run("initdb", "--pgdata", s.data(), "--username", superuser, "--auth", "trust",
		"--encoding", "UTF8", "--locale", "C", "--no-sync", "--no-instructions")
	if err == nil {
		err = s.admitNetwork()
	}
	if err == nil {
		err = s.start()
	}
	if err != nil {
		return nil, errors.Join(err, s.remove())
	}
	return s, nil
}

// prepare finds what a server needs: programs, a user, a directory and a port.
func prepare(settings []string) (*Server, error) {
	bin, err := programs()
	if err != nil {
		return nil, err
	}
	own, err := findOwner()
	if err != nil {
		return nil, err
	}
	// t.TempDir is of no use: its name may be longer than a socket's may, and its
	// parents are closed to another user.
	dir, err := os.MkdirTemp("", "pg")
	if err != nil {
		return nil, err
	}
	s := &Server{bin: bin, dir: dir, owner: own, host: loopback}
	if s.port, err = freePort(); err == nil {
		err = own.give(dir)
	}
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	s.configure(settings)
	return s, nil
}

// configure lists the settings: those of tests last, so that they win.
func (s *Server) configure(settings []string) {
	all := append([]string{
		"fsync=on",
		"synchronous_commit=on",
		"shared_buffers=16MB",
		"max_connections=200",
		"max_wal_senders=10",
		"wal_level=replica",
		"timezone=UTC",
		"listen_addresses=" + loopback,
		"unix_socket_directories=" + s.dir,
	}, settings...)
	for _, setting := range all {
		s.args = append(s.args, "-c", setting)
		if list, found := strings.CutPrefix(setting, "listen_addresses="); found {
			s.host, _, _ = strings.Cut(list, ",")
		}
	}
}

// admitNetwork trusts the network that the server listens on, which initdb does
// for the loopback address only.
func (s *Server) admitNetwork() error {
	f, err := os.OpenFile(filepath.Join(s.data(), "pg_hba.conf"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString("host all all samenet trust\nhost replication all samenet trust\n")
	return errors.Join(err, f.Close())
}

func (s *Server) data() string { return filepath.Join(s.dir, "data") }

// Addr is the address that the server listens on, for a Proxy.
func (s *Server) Addr() string { return fmt.Sprintf("%s:%d", s.host, s.port) }
