package pgtest

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5"
)

// Standby makes a copy of the server that follows it. It returns when commits of
// the server wait for it (synchronous replication), so that a server that is
// killed has acknowledged nothing that its standby lacks. Without its standby the
// server acknowledges nothing.
func (s *Server) Standby(t testing.TB) *Server {
	t.Helper()
	standby, err := s.follow()
	check(t, err)
	standby.endWith(t)
	if err := s.waitSync(standby.name()); err != nil {
		t.Fatalf("waiting for the standby: %v", err)
	}
	return standby
}

// follow makes a standby and starts it.
func (s *Server) follow() (*Server, error) {
	standby, err := prepare(nil)
	if err != nil {
		return nil, err
	}
	standby.host = s.host
	// After a restart of the server nothing is acknowledged until its standby is back:
	// five seconds, if it looked no more often than it does by default.
	standby.args = append(append([]string{}, s.args...), "-c", "wal_retrieve_retry_interval=100ms",
		"-c", "unix_socket_directories="+standby.dir, "-c", "cluster_name="+standby.name())
	err = standby.run("pg_basebackup", "--pgdata", standby.data(), "--write-recovery-conf", "--checkpoint", "fast",
		"--no-sync", "--dbname", s.SocketURL("postgres")+" application_name="+standby.name())
	if err == nil {
		err = standby.start()
	}
	if err != nil {
		return nil, errors.Join(err, standby.remove())
	}
	return standby, nil
}

// name tells standbys apart.
func (s *Server) name() string { return fmt.Sprintf("standby%d", s.port) }

// waitSync makes replication to a standby synchronous. The setting is kept over
// restarts, and was not there when the standby was copied: a promoted one waits
// for nobody.
func (s *Server) waitSync(name string) error {
	for _, sql := range []string{"ALTER SYSTEM SET synchronous_standby_names = '" + name + "'", "SELECT pg_reload_conf()"} {
		if err := s.exec(sql); err != nil {
			return err
		}
	}
	return s.until(func(context.Context) (bool, error) {
		var synced bool
		err := s.admin(func(ctx context.Context, c *pgx.Conn) error {
			return c.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_stat_replication WHERE application_name = $1 AND sync_state = 'sync')",
				name).Scan(&synced)
		})
		return synced, err
	})
}

// Promote makes a standby a server of its own. It returns when writes are taken.
// The one that it followed must be dead by then: two of them would each take
// writes.
func (s *Server) Promote() error {
	return s.admin(func(ctx context.Context, c *pgx.Conn) error {
		var promoted bool
		if err := c.QueryRow(ctx, "SELECT pg_promote(true, $1)", int(patience.Seconds())).Scan(&promoted); err != nil {
			return err
		}
		if !promoted {
			return errors.New("the standby was not promoted in time")
		}
		return nil
	})
}
