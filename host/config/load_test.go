package config

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/hashicorp/hcl/v2"
)

func TestDefaults(t *testing.T) {
	t.Parallel()
	c := load(t, "plugin \"greeter\" {\n}\n", testOptions{})
	wantHost := Host{
		Name:          "machine",
		Listen:        "127.0.0.1:8080",
		DataDir:       "data",
		V4Responses:   "examples",
		ShutdownGrace: 10 * time.Second,
		LateLimit:     time.Minute,
		LogLevel:      "info",
		LogFormat:     "text",
	}
	if diff := cmp.Diff(wantHost, c.Host); diff != "" {
		t.Errorf("host (-want +got)\n%s", diff)
	}
	if diff := cmp.Diff(Store{Kind: "sqlite", Path: filepath.Join("data", "butlerd.db")}, c.Store); diff != "" {
		t.Errorf("store (-want +got)\n%s", diff)
	}
	wantPlugin := []*Plugin{{Name: "greeter", MaxConcurrent: 1000, StartTimeout: 10 * time.Second, StopGrace: 10 * time.Second}}
	if diff := cmp.Diff(wantPlugin, c.Plugins, cmpopts.IgnoreUnexported(Plugin{})); diff != "" {
		t.Errorf("plugins (-want +got)\n%s", diff)
	}
}

func TestPluginBlock(t *testing.T) {
	t.Parallel()
	dir := write(t, map[string]string{"config.hcl": `plugin "greeter" {
  path           = "bin/greeter"
  sha256         = "` + strings.Repeat("AB", 32) + `"
  args           = ["-v"]
  dir            = "work"
  max_concurrent = 3
  start_timeout  = "1s"
  stop_grace     = "2s"
  env = {
    TOKEN = env("TOKEN")
  }
}
`})
	c, diags := Load(testOptions{Env: map[string]string{"TOKEN": "t0ken"}}.options(dir))
	if err := diags.Err(); err != nil {
		t.Fatal(err)
	}
	want := &Plugin{
		Name:          "greeter",
		Path:          filepath.Join(dir, "bin", "greeter"),
		SHA256:        strings.Repeat("ab", 32),
		Args:          []string{"-v"},
		Env:           map[string]string{"TOKEN": "t0ken"},
		Dir:           filepath.Join(dir, "work"),
		MaxConcurrent: 3,
		StartTimeout:  time.Second,
		StopGrace:     2 * time.Second,
	}
	if diff := cmp.Diff(want, c.Plugins[0], cmpopts.IgnoreUnexported(Plugin{})); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestOptionsOverrideTheFile(t *testing.T) {
	t.Parallel()
	dir := write(t, map[string]string{"config.hcl": "host {\n  listen = \"0.0.0.0:80\"\n  data_dir = \"a\"\n}\n"})
	c, diags := Load(Options{Paths: []string{dir}, Listen: "localhost:0", DataDir: "b"})
	if err := diags.Err(); err != nil {
		t.Fatal(err)
	}
	got := []string{c.Host.Listen, c.Host.DataDir, c.Store.Path}
	if diff := cmp.Diff([]string{"localhost:0", "b", filepath.Join("b", "butlerd.db")}, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestListenIsRefusedUnlessAllowed(t *testing.T) {
	t.Parallel()
	for listen, ok := range map[string]bool{
		"127.0.0.1:80": true, "127.1.2.3:0": true, "[::1]:80": true, "localhost:80": true,
		":80": false, "0.0.0.0:80": false, "[::]:80": false, "192.168.0.1:80": false, "example.com:80": false,
		"127.0.0.1": false, "127.0.0.1:http": false, "127.0.0.1:65536": false, "127.0.0.1:-1": false,
	} {
		t.Run(listen, func(t *testing.T) {
			t.Parallel()
			dir := write(t, map[string]string{"a.hcl": "host {\n  listen = \"" + listen + "\"\n}\n"})
			if _, diags := Load(Options{Paths: []string{dir}}); diags.HasErrors() == ok {
				t.Errorf("errors: %v", diags.Err())
			}
		})
	}
	load(t, "host {\n  listen = \"0.0.0.0:80\"\n  allow_remote_without_authentication = true\n}\n", testOptions{})
}

func TestFiles(t *testing.T) {
	t.Parallel()
	t.Run("of a directory and given again are read once", func(t *testing.T) {
		t.Parallel()
		dir := write(t, map[string]string{"a.hcl": greeting(`text = "x"`), "notes.txt": "nonsense {", "b.hcl.json": "{}"})
		c, diags := Load(Options{Paths: []string{filepath.Join(dir, "a.hcl"), dir, dir + "/"}})
		if err := diags.Err(); err != nil {
			t.Fatal(err)
		}
		if list, _ := c.Schedules(testActions()); len(list) != 1 {
			t.Errorf("%d schedules", len(list))
		}
	})
	t.Run("in a directory below are not read", func(t *testing.T) {
		t.Parallel()
		dir := write(t, map[string]string{"a.hcl": ""})
		if err := os.Mkdir(filepath.Join(dir, "b.hcl"), 0o700); err != nil {
			t.Fatal(err)
		}
		if _, diags := Load(Options{Paths: []string{dir}}); diags.HasErrors() {
			t.Error(diags.Err())
		}
	})
	t.Run("that are given are read whatever they are called", func(t *testing.T) {
		t.Parallel()
		dir := write(t, map[string]string{"a.conf": "host {\n}\n", "b.json": `{"plugin": {"greeter": {}}}`})
		c, diags := Load(Options{Paths: []string{filepath.Join(dir, "a.conf"), filepath.Join(dir, "b.json")}})
		if err := diags.Err(); err != nil || len(c.Plugins) != 1 {
			t.Error(err)
		}
	})
}

func TestFilesThatCannotBeRead(t *testing.T) {
	t.Parallel()
	dir := write(t, map[string]string{"big.hcl": strings.Repeat("#", MaxFile+1)})
	for _, tt := range []struct {
		name, path, want string
	}{
		{"one that is not there", filepath.Join(dir, "none.hcl"), "no such file"},
		{"one that is too large", filepath.Join(dir, "big.hcl"), "larger than 4 MiB"},
		{"a device", os.DevNull, "not a regular file"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c, diags := Load(Options{Paths: []string{tt.path}})
			if c != nil || diags.Err() == nil || !strings.Contains(diags.Err().Error(), tt.want) {
				t.Errorf("got %v, want %q", diags.Err(), tt.want)
			}
		})
	}
	t.Run("none at all", func(t *testing.T) {
		t.Parallel()
		if _, diags := Load(Options{}); !diags.HasErrors() {
			t.Error("no error")
		}
	})
}

func TestConfigWithErrors(t *testing.T) {
	t.Parallel()
	t.Run("in schedules goes on to find those in arguments", func(t *testing.T) {
		t.Parallel()
		text := strings.Replace(greeting(`count = 1`), "0 2 *", "0 25 *", 1)
		c, diags := Load(Options{Paths: []string{write(t, map[string]string{"a.hcl": text})}})
		if !diags.HasErrors() || c == nil {
			t.Fatal(c, diags)
		}
		list, diags := c.Schedules(testActions())
		if !diags.HasErrors() || len(list) != 0 {
			t.Error(list, diags)
		}
	})
	t.Run("before them is nil", func(t *testing.T) {
		t.Parallel()
		c, diags := Load(Options{Paths: []string{write(t, map[string]string{"a.hcl": "host {\n  x = 1\n}\n"})}})
		if !diags.HasErrors() || c != nil {
			t.Error(c, diags)
		}
	})
}

func TestTooManySchedules(t *testing.T) {
	t.Parallel()
	var digits []string
	for i := range 317 { // squared just above the limit
		digits = append(digits, strconv.Itoa(i))
	}
	locals := "locals {\n  digits = split(\",\", \"" + strings.Join(digits, ",") + "\")\n}\n"
	text := locals + strings.Replace(greeting(""), "cron", "for_each = merge([for i in local.digits : {for j in local.digits : \"${i}.${j}\" => i}]...)\n  cron", 1)
	_, diags := Load(Options{Paths: []string{write(t, map[string]string{"a.hcl": text})}})
	if err := diags.Err(); err == nil || !strings.Contains(err.Error(), "more than 100000") {
		t.Errorf("%.300v", err)
	}
}

func TestDiagnosticsAreBounded(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	for range maxDiagnostics + 500 {
		b.WriteString("nonsense {\n}\n")
	}
	_, diags := Load(Options{Paths: []string{write(t, map[string]string{"a.hcl": b.String()})}})
	if len(diags) != maxDiagnostics+1 || diags[maxDiagnostics].Summary != "500 more errors are not shown" {
		t.Errorf("%d, last %v", len(diags), diags[len(diags)-1])
	}
}

func TestManyWarningsAreNoError(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	for i := range maxDiagnostics + 500 {
		fmt.Fprintf(&b, "schedule \"s%d\" {\n  cron = \"0 23/2 * * *\"\n  timezone = \"UTC\"\n  action \"ping\" {\n  }\n}\n", i)
	}
	c, diags := Load(Options{Paths: []string{write(t, map[string]string{"a.hcl": b.String()})}})
	if diags.HasErrors() || len(diags) != maxDiagnostics+1 {
		t.Errorf("%d: %v", len(diags), diags.Err())
	}
	if list, _ := c.Schedules(testActions()); len(list) != maxDiagnostics+500 {
		t.Errorf("%d schedules", len(list))
	}
}

func TestGuard(t *testing.T) {
	t.Parallel()
	var diags hcl.Diagnostics
	if guard(&diags, func() { panic("hunter2") }) || !diags.HasErrors() || strings.Contains(diags.Error(), "hunter2") {
		t.Error(diags)
	}
	if !guard(&diags, func() {}) || len(diags) != 1 {
		t.Error(diags)
	}
}
