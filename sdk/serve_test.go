package sdk

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

var update = flag.Bool("update", false, "write the golden files anew")

// showcase has each kind of argument once.
func showcase() Plugin {
	type account struct {
		User     string `hcl:"user" doc:"who"`
		Password string `hcl:"password" sensitive:"true"`
	}
	type site struct {
		Host    string         `hcl:"host" doc:"where it is"`
		Port    int            `hcl:"port" default:"443"`
		Account account        `hcl:"account,block" doc:"how to get in"`
		Proxy   *struct{}      `hcl:"proxy,block"`
		Labels  map[string]int `hcl:"labels"`
	}
	type copying struct {
		Files   []string      `hcl:"files" doc:"what to copy"`
		Mode    string        `hcl:"mode" enum:"fast,safe" doc:"how"`
		Verify  bool          `hcl:"verify"`
		Every   time.Duration `hcl:"every"`
		Ratio   float64       `hcl:"ratio"`
		Folder  string        `hcl:"folder,optional" deprecated:"use files"`
		Headers []account     `hcl:"header,block" doc:"any number"`
	}
	type copied struct {
		Bytes int64 `json:"bytes" doc:"how much"`
	}
	return Plugin{
		Name:      "copier",
		Version:   "1.2.3",
		Doc:       "Copies things.",
		Configure: NewConfigure(func(context.Context, site) error { return nil }),
		Actions: []Action{
			NewAction("copy", func(context.Context, *Run, copying) (copied, error) { return copied{}, nil }).WithDoc("Copies files."),
			NewAction("rest", func(context.Context, *Run, struct{}) (struct{}, error) { return struct{}{}, nil }),
		},
	}
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (go test -update writes it anew): %s", name, diff)
	}
}

func TestByHandAPluginTellsWhatItIs(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := printHelp(&out, showcase(), "/usr/lib/butlerd/copier"); err != nil {
		t.Fatal(err)
	}
	golden(t, "help.txt", out.Bytes())
}

func TestServeByHand(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		plugin         Plugin
		args           []string
		code           int
		stdout, stderr string // contained in
	}{
		"prints help":                         {showcase(), nil, 0, `plugin "copier" {`, ""},
		"prints help for arguments of a host": {showcase(), []string{"plugin", "serve", "copier"}, 0, `plugin "copier" {`, ""},
		"prints data when asked to":           {showcase(), []string{"describe", "--json"}, 0, `"name": "copier"`, ""},
		"tells the author's mistake":          {Plugin{Name: "x"}, nil, 2, "", `plugin "x": it has no actions`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var stdout, stderr bytes.Buffer
			code := serve(tt.plugin, false, tt.args, &stdout, &stderr)
			if code != tt.code || !strings.Contains(stdout.String(), tt.stdout) || !strings.Contains(stderr.String(), tt.stderr) {
				t.Errorf("code %d\n%s\n%s", code, &stdout, &stderr)
			}
		})
	}
}

func TestServeTellsAHostTheAuthorsMistake(t *testing.T) {
	t.Parallel()
	var stdout, stderr bytes.Buffer
	if code := serve(Plugin{}, true, nil, &stdout, &stderr); code != 2 || stdout.Len() > 0 || stderr.Len() == 0 {
		t.Errorf("code %d, %q, %q", code, &stdout, &stderr)
	}
}

type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }

func TestServeByHandTellsThatItCouldNotPrint(t *testing.T) {
	t.Parallel()
	var stderr bytes.Buffer
	if code := serve(showcase(), false, nil, brokenPipe{}, &stderr); code != 1 || !strings.Contains(stderr.String(), "broken pipe") {
		t.Errorf("code %d, %s", code, &stderr)
	}
}

func TestDescribeAsDataHasAllThatHelpHas(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := printJSON(&out, showcase()); err != nil {
		t.Fatal(err)
	}
	golden(t, "describe.json", out.Bytes())
	var back description
	if err := json.Unmarshal(out.Bytes(), &back); err != nil {
		t.Error(err)
	}
}

func TestAPanicInACallIsThatCallsError(t *testing.T) {
	t.Parallel()
	_, err := recoverUnary(t.Context(), nil, &grpc.UnaryServerInfo{FullMethod: "/a/Unary"},
		func(context.Context, any) (any, error) { panic("no") })
	if status.Code(err) != codes.Internal || !strings.Contains(err.Error(), "/a/Unary panicked: no") {
		t.Errorf("got %v", err)
	}
	err = recoverStream(nil, nil, &grpc.StreamServerInfo{FullMethod: "/a/Stream"},
		func(any, grpc.ServerStream) error { panic("no") })
	if status.Code(err) != codes.Internal || !strings.Contains(err.Error(), "/a/Stream panicked: no") {
		t.Errorf("got %v", err)
	}
	if _, err := recoverUnary(t.Context(), 1, &grpc.UnaryServerInfo{}, func(_ context.Context, r any) (any, error) { return r, nil }); err != nil {
		t.Errorf("without a panic: %v", err)
	}
}
