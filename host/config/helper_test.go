package config

import (
	"os"
	"path/filepath"
	"testing"
)

// write makes a directory with the files.
func write(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// load loads one file that has no errors.
func load(t testing.TB, text string, o testOptions) *Config {
	t.Helper()
	c, diags := Load(o.options(write(t, map[string]string{"config.hcl": text})))
	if err := diags.Err(); err != nil {
		t.Fatal(err)
	}
	return c
}

// schedules types the schedules of one file that has no errors.
func schedules(t testing.TB, text string, o testOptions) []*Schedule {
	t.Helper()
	list, diags := load(t, text, o).Schedules(testActions())
	if err := diags.Err(); err != nil {
		t.Fatal(err)
	}
	return list
}

// greeting is a file with one schedule, whose action has the arguments.
func greeting(arguments string) string {
	return `schedule "nightly" {
  cron     = "0 2 * * *"
  timezone = "Europe/Stockholm"

  action "greet" {
` + arguments + `
  }
}
`
}
