package pgtest

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// bouncerConfig lets anybody in, as the server does. Prepared statements are not
// followed from one server connection to another (max_prepared_statements, since
// 1.21, is left out or zero): this is what most installations do.
const bouncerConfig = `[databases]
* = host=%s port=%d user=%s

[pgbouncer]
listen_addr = %s
listen_port = %d
unix_socket_dir =
auth_type = any
pool_mode = transaction
max_client_conn = 1000
default_pool_size = 20
`

// Bouncer starts a pgbouncer in transaction mode in front of the server, for one
// test. It returns the URL of a database through it.
func (s *Server) Bouncer(t testing.TB, db string) string {
	t.Helper()
	path, err := bouncerProgram()
	check(t, err)
	port, err := freePort()
	check(t, err)
	file := filepath.Join(s.dir, fmt.Sprintf("bouncer%d.ini", port))
	text := fmt.Sprintf(bouncerConfig, s.host, s.port, superuser, loopback, port)
	check(t, os.WriteFile(file, []byte(text), 0o600))
	check(t, s.owner.give(file))
	cmd := exec.Command(path, "-q", file)
	s.dress(cmd)
	log, err := os.Create(file + ".log")
	check(t, err)
	defer log.Close()
	cmd.Stdout, cmd.Stderr = log, log
	check(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if out, err := os.ReadFile(log.Name()); err == nil && t.Failed() {
			t.Logf("pgbouncer logged:\n%s", out)
		}
	})
	addr := fmt.Sprintf("%s:%d", loopback, port)
	if err := s.until(func(ctx context.Context) (bool, error) { return answers(ctx, addr), nil }); err != nil {
		t.Fatalf("starting pgbouncer: %v", err)
	}
	return databaseURL(addr, db)
}

// bouncerProgram finds pgbouncer, which Debian keeps with the administrator's
// programs.
func bouncerProgram() (string, error) {
	for _, name := range []string{"pgbouncer", "/usr/sbin/pgbouncer"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("pgbouncer: %w", errMissing)
}

// answers says whether somebody listens at an address.
func answers(ctx context.Context, addr string) bool {
	var d net.Dialer
	c, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		return false
	}
	_ = c.Close()
	return true
}
