package config

import (
	"slices"
	"testing"
)

func TestReadDSN(t *testing.T) {
	t.Parallel()
	const (
		noHost = "names no host; it looks like postgres://user:password@host:5432/database"
		host   = "has a host that cannot be one; in a password write @ as %40 and / as %2F"
		port   = "has a port that is no number from 1 to 65535; in a password write / as %2F, ? as %3F and # as %23"
	)
	for text, want := range map[string]string{
		"postgres://db":                             "",
		"postgresql://db.example.com/butlerd":       "",
		"postgres://a:b@db:5432/butlerd?sslmode=x":  "",
		"postgres://a:p@ss@db/butlerd":              "",
		"postgres://a@[::1]:5432/butlerd":           "",
		"postgres://a@[::1]/butlerd":                "",
		"postgres://a@b,c:5433/butlerd":             "",
		"postgres://a@/butlerd?host=/run":           "",
		"postgres:///butlerd?host=/run":             "",
		"host=/run/postgresql dbname=butlerd":       "",
		"  host = db   password = 'a \\' b' user=x": "",
		`password=a\ b host=db`:                     "",
		"host=db password=":                         "",

		"":                        "must not be empty",
		"  ":                      "must not be empty",
		"postgres://a@db/b\n":     "must not contain control characters, such as a line break at its end",
		"postgres://":             noHost,
		"postgres:///butlerd":     noHost,
		"postgres://a:b@/butlerd": noHost,
		"postgres://a@b,,c/d":     noHost,
		"postgres://a@:5432/b":    noHost,
		"postgres://a b/c":        host,
		"postgres://a:b%40db/c":   port, // the @ that ends the password is escaped
		"postgres://a:b/c@db/d":   port,
		"postgres://a@db:0/c":     port,
		"postgres://a@db:65536/c": port,
		"postgres://a@db:/c":      port,
		"postgres://a@[::1]5/c":   port,
		"postgres://a@[::1/c":     host,
		"postgres://a:%zz@db/c":   "has a % in its user or password that starts no escape; write %25 for it",
		"postgres://db/%zz":       "has a database or parameters that cannot be read; check the % signs",
		"postgres://db/b?c=%zz":   "has a database or parameters that cannot be read; check the % signs",
		"mysql://a@db/b":          "must start with postgres:// or postgresql://",
		"POSTGRES://db":           "must start with postgres:// or postgresql://",
		"db.example.com":          notWords,
		"=a":                      notWords,
		"host=a b":                notWords,
		"Host=a":                  notWords,
		"password='a":             "has a quote that is not closed",
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			if _, got := readDSN(text); got != want {
				t.Errorf("%q, want %q", got, want)
			}
		})
	}
}

// Messages are searched for what is found here.
func TestReadDSNFindsPasswords(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"postgres://a:p%20w@db":          {"p%20w", "p w"},
		"postgres://a:p:@w@db/b":         {"p:@w", "p:@w"},
		"postgres://a:b@db?password=c":   {"b", "b", "c"},
		`user=a password='b \' c' host=`: {"b ' c"},
		`password=a\ b`:                  {"a b"},
	} {
		if got, _ := readDSN(text); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}
