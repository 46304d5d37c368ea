package host_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"go/parser"
	"go/token"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// rule says which packages alone may import something.
type rule struct {
	imports string   // a prefix of import paths
	only    []string // prefixes of packages that may
	reason  string
}

var rules = []rule{
	{"github.com/hashicorp/hcl/", []string{"butlerd/host/config"}, "the host owns HCL in one place; all others see evaluated values and diagnostics"},
	{"github.com/zclconf/go-cty", []string{"butlerd/host/config"}, "cty is HCL's; values leave config as JSON"},
	{"github.com/hashicorp/go-plugin", []string{"butlerd/host/plugin", "butlerd/sdk"}, "processes are launched and supervised in one place"},
	{"github.com/gofiber/", []string{"butlerd/host/api", "butlerd/host/web"}, "HTTP ends at the API"},
	{"github.com/valyala/fasthttp", []string{"butlerd/host/api", "butlerd/host/web", "butlerd/host/hosttest"}, "HTTP ends at the API"},
	{"github.com/swaggest/", []string{"butlerd/host/api"}, "the description is shown where it is served"},
	{"modernc.org/sqlite", []string{"butlerd/host/store/"}, "a driver is known to its store only"},
	{"github.com/jackc/pgx", []string{"butlerd/host/store/"}, "a driver is known to its store only"},
	{"database/sql", []string{"butlerd/host/store/"}, "SQL is spoken in stores only"},
	{"github.com/robfig/cron", []string{"butlerd/host/schedule"}, "its Next is wrong around clock changes; host/schedule mends that"},
	{"github.com/rickar/cal", []string{"butlerd/host/schedule"}, "whether a day is a holiday is asked in one place"},
	{"github.com/coder/websocket", []string{"butlerd/plugins/qlik-sense-app/engine", "butlerd/plugins/qlik-sense-app/enginesim"}, "only the Qlik engine is talked to over WebSockets"},
	{"github.com/goccy/go-yaml", []string{"butlerd/host/butler"}, "YAML is read only where Butler is"},
	{"github.com/eclipse/paho.mqtt.golang", []string{"butlerd/plugins/mqtt"}, "MQTT is spoken in one plugin"},
	{"github.com/mochi-mqtt/server", nil, "a broker is for tests only"},
	{"butlerd/host", []string{"butlerd/host", "butlerd/cmd"}, "plugins and the SDK know nothing of the host"},
	{"butlerd/plugins", []string{"butlerd/plugins", "butlerd/cmd"}, "the host gets bundled plugins through its Options"},
	{"butlerd/cmd", nil, "nothing imports a command"},
}

// pure packages do no I/O: what they may import of the standard library and of
// butlerd is listed.
var pure = map[string][]string{
	"butlerd/host/run": {"encoding/json", "time"},
}

// listed is what `go list -json` tells of a package.
type listed struct {
	ImportPath   string
	Dir          string
	Imports      []string
	TestImports  []string
	XTestImports []string
	GoFiles      []string
}

func packages(t *testing.T) []listed {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Dir,Imports,TestImports,XTestImports,GoFiles", "butlerd/...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var list []listed
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return list
		} else if err != nil {
			t.Fatal(err)
		}
		list = append(list, p)
	}
}

func TestImports(t *testing.T) {
	t.Parallel()
	for _, p := range packages(t) {
		for _, path := range p.Imports {
			for _, r := range rules {
				if within(path, r.imports) && !slices.ContainsFunc(r.only, func(o string) bool { return within(p.ImportPath, o) }) {
					t.Errorf("%s imports %s; only %s may: %s", p.ImportPath, path, strings.Join(r.only, ", "), r.reason)
				}
			}
		}
		if allowed, ok := pure[p.ImportPath]; ok {
			for _, path := range p.Imports {
				if !slices.Contains(allowed, path) {
					t.Errorf("%s is pure and imports %s", p.ImportPath, path)
				}
			}
		}
	}
}

// within says whether an import path is prefix or lies below it.
func within(path, prefix string) bool {
	return path == strings.TrimSuffix(prefix, "/") || strings.HasPrefix(path, strings.TrimSuffix(prefix, "/")+"/")
}

func TestPackagesSayWhatTheyAreFor(t *testing.T) {
	t.Parallel()
	for _, p := range packages(t) {
		if len(p.GoFiles) > 0 && packageDoc(t, p) == "" {
			t.Errorf("%s has no package comment", p.ImportPath)
		}
	}
}

func packageDoc(t *testing.T, p listed) string {
	t.Helper()
	for _, name := range p.GoFiles {
		f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, name), nil, parser.ParseComments|parser.PackageClauseOnly)
		if err != nil {
			t.Fatal(err)
		}
		if f.Doc != nil {
			return f.Doc.Text()
		}
	}
	return ""
}

func TestTopLevel(t *testing.T) {
	t.Parallel()
	want := []string{"CHANGELOG.md", "LICENSE", "README.md", "cmd", "config.hcl", "examples", "go.mod", "go.sum", "host", "plugins", "sdk"}
	entries, err := os.ReadDir("..")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		name := e.Name()
		if strings.HasPrefix(name, ".") || name == "data" || slices.Contains(want, name) {
			continue
		}
		t.Errorf("%s does not belong at the top; the top level is fixed", name)
	}
}
