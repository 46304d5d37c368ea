package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestPostgresBlock(t *testing.T) {
	t.Parallel()
	const url = "postgres://butlerd:hunter2@db.example.com/butlerd"
	dir := write(t, map[string]string{"config.hcl": "store \"postgres\" {\n  url       = env(\"DATABASE_URL\")\n  root_cert = \"certs/root.pem\"\n}\n"})
	c, diags := Load(testOptions{Env: map[string]string{"DATABASE_URL": url}}.options(dir))
	if err := diags.Err(); err != nil {
		t.Fatal(err)
	}
	want := Store{Kind: "postgres", Postgres: Postgres{
		URL: url, Lease: 10 * time.Second, MaxConnections: 10, ConnectTimeout: 5 * time.Second, StatementTimeout: 10 * time.Second,
		RootCert: filepath.Join(dir, "certs", "root.pem"),
	}}
	if c.Store != want {
		t.Error(cmp.Diff(shownPostgres(want.Postgres), shownPostgres(c.Store.Postgres)))
	}
}

func TestPostgresHidesItsURL(t *testing.T) {
	t.Parallel()
	s := Store{Kind: "postgres", Postgres: Postgres{URL: "postgres://butlerd:hunter2@db/butlerd"}}
	var logged bytes.Buffer
	slog.New(slog.NewTextHandler(&logged, nil)).Info("store", "postgres", s.Postgres, "store", s)
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	for _, got := range []string{
		fmt.Sprint(s), fmt.Sprintf("%+v", s), fmt.Sprintf("%#v", s), s.Postgres.String(), string(text), logged.String(),
	} {
		if strings.Contains(got, "hunter2") || !strings.Contains(got, secretMask) {
			t.Error(got)
		}
	}
}

// A reload compares the stores, so a changed password must show.
func TestHashCoversTheURL(t *testing.T) {
	t.Parallel()
	hash := func(url string) string {
		return load(t, "store \"postgres\" { url = env(\"DATABASE_URL\") }\n", testOptions{Env: map[string]string{"DATABASE_URL": url}}).Hash
	}
	if hash("postgres://a:b@db") == hash("postgres://a:c@db") {
		t.Error("the hash is the same")
	}
}

// A driver may quote the password alone.
func TestPasswordIsRedacted(t *testing.T) {
	t.Parallel()
	c := load(t, "store \"postgres\" { url = env(\"DATABASE_URL\") }\nplugin \"greeter\" {\n}\n",
		testOptions{Env: map[string]string{"DATABASE_URL": "postgres://butlerd:hunter2@db/butlerd"}})
	if got := c.Plugins[0].Redact("password hunter2 is wrong"); got != "password (secret) is wrong" {
		t.Error(got)
	}
}

func TestHostname(t *testing.T) {
	t.Parallel()
	dir := write(t, map[string]string{"a.hcl": "host {\n  name = null\n}\n"})
	for hostname, want := range map[string]string{"north": "north", "a\nb": "", strings.Repeat("x", 201): ""} {
		c, diags := Load(Options{Paths: []string{dir}, Hostname: hostname})
		switch {
		case want == "" && (!diags.HasErrors() || diags[0].Summary != "Invalid name"):
			t.Errorf("%q: %v", hostname, diags)
		case want != "" && (c == nil || c.Host.Name != want):
			t.Errorf("%q: %v, %v", hostname, c, diags.Err())
		}
	}
	if c, diags := Load(Options{Paths: []string{dir}}); c == nil || c.Host.Name == "" {
		t.Error(diags.Err())
	}
}
