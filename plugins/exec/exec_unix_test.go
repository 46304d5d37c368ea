//go:build unix

package exec

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"butlerd/sdk/sdktest"
)

func TestAProgramIsRun(t *testing.T) {
	t.Parallel()
	r := run(t, configured(t, `{}`), arguments{"command": shell("echo one; echo two >&2; echo; printf three; printf four >&2")})
	if r.Status != sdktest.Succeeded || string(r.Result) != `{"exit_code":0}` || r.Summary != "three" || string(r.Output) != "one\n\nthree" {
		t.Errorf("got %+v, output %q", r, r.Output)
	}
	want := []sdktest.Log{{Level: slog.LevelWarn, Message: "two"}, {Level: slog.LevelWarn, Message: "four"}}
	if diff := cmp.Diff(want, r.Logs, cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".Attributes" }, cmp.Ignore())); diff != "" {
		t.Error(diff)
	}
}

func TestWhatAProgramIsGiven(t *testing.T) {
	t.Setenv("EXEC_TEST_A", "inherited")
	t.Setenv("EXEC_TEST_B", "inherited")
	dir := t.TempDir()
	script := filepath.Join(dir, "here.sh")
	if err := os.WriteFile(script, []byte("#!/bin/sh\npwd\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	show := shell(`echo "$EXEC_TEST_A-$EXEC_TEST_B-$EXEC_TEST_C-${PATH:+path}"`)
	tests := map[string]struct {
		config string
		args   arguments
		want   string
	}{
		"its arguments as they are":       {`{}`, arguments{"command": []string{"printf", "%s|", "a b", "*", "$HOME", ""}}, "a b|*|$HOME||"},
		"standard input":                  {`{}`, arguments{"command": []string{"cat"}, "stdin": "å\n"}, "å\n"},
		"no standard input":               {`{}`, arguments{"command": []string{"cat"}}, ""},
		"standard input it does not take": {`{}`, arguments{"command": []string{"true"}, "stdin": strings.Repeat("x", 1<<19)}, ""},
		"a directory, also to be found":   {`{}`, arguments{"command": []string{"./here.sh"}, "dir": dir}, dir + "\n"},
		"what programs need":              {`{}`, arguments{"command": show}, "---path\n"},
		"what it may inherit":             {`{"inherit_env": ["EXEC_TEST_A", "EXEC_TEST_B"]}`, arguments{"command": show, "env": arguments{"EXEC_TEST_B": "set", "EXEC_TEST_C": "set"}}, "inherited-set-set-"},
		"nothing":                         {`{"inherit_env": []}`, arguments{"command": []string{"env"}}, ""},
		"an allowed program":              {`{"allow": ["/bin/../bin/sh"]}`, arguments{"command": shell("echo x")}, "x\n"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r := run(t, configured(t, tt.config), tt.args)
			got := string(r.Output)
			if strings.HasPrefix(tt.want, "inherited") { // some shells set a PATH where there is none
				got = strings.TrimSuffix(strings.TrimSuffix(got, "\n"), "path")
			}
			if r.Status != sdktest.Succeeded || got != tt.want {
				t.Errorf("got %+v, output %q", r, r.Output)
			}
		})
	}
}

func TestHowAProgramEndsDecides(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		args   arguments
		status sdktest.Status
		result string
		err    string
	}{
		"an exit code":          {arguments{"command": shell("echo out; echo why >&2; exit 3")}, sdktest.Failed, `{"exit_code":3}`, "sh ended with exit code 3: why"},
		"without errors":        {arguments{"command": shell("echo out; exit 3")}, sdktest.Failed, `{"exit_code":3}`, "sh ended with exit code 3: out"},
		"one that is good":      {arguments{"command": shell("exit 3"), "ok_exit_codes": []int{0, 3}}, sdktest.Succeeded, `{"exit_code":3}`, ""},
		"zero that is not good": {arguments{"command": shell("exit 0"), "ok_exit_codes": []int{1}}, sdktest.Failed, ``, "sh ended with exit code 0"},
		"a signal":              {arguments{"command": shell("kill -KILL $$")}, sdktest.Failed, `{"exit_code":-1}`, "sh was ended: signal: killed"},
		"a directory not there": {arguments{"command": shell("true"), "dir": "/no/such"}, sdktest.Failed, ``, "running sh: stat /no/such: no such file or directory"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := run(t, configured(t, `{}`), tt.args)
			if r.Status != tt.status || string(r.Result) != tt.result || r.Err != tt.err || r.Status == sdktest.Failed && r.Retry != sdktest.Default {
				t.Errorf("got %+v, result %s", r, r.Result)
			}
		})
	}
}

func TestWhatCannotBeRunIsNotTriedAgain(t *testing.T) {
	t.Parallel()
	plain := filepath.Join(t.TempDir(), "plain")
	if err := os.WriteFile(plain, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct{ config, program, want string }{
		"no such program":   {`{}`, "no-such-program", "no-such-program is not found in the PATH of the plugin"},
		"no such file":      {`{}`, "/no/such", "/no/such does not exist"},
		"no program":        {`{}`, plain, plain + " may not be executed"},
		"not allowed":       {`{"allow": ["/usr/bin/rsync"]}`, "/bin/sh", "/bin/sh is not a program that the plugin's configuration allows; add it to allow"},
		"a relative detour": {`{"allow": ["/bin/sh"]}`, "/bin/../bin/ls", "/bin/ls is not a program"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := run(t, configured(t, tt.config), arguments{"command": []string{tt.program}})
			if r.Status != sdktest.Failed || r.Retry != sdktest.Never || !strings.HasPrefix(r.Err, tt.want) || len(r.Diagnostics) != 1 || r.Diagnostics[0].Path.String() != "command[0]" {
				t.Errorf("got %+v", r)
			}
		})
	}
}

func TestOutputIsBounded(t *testing.T) {
	t.Parallel()
	r := run(t, configured(t, `{}`), arguments{"command": shell("head -c 20000000 /dev/zero; yes | head -n 10005 >&2; echo last")})
	if r.Status != sdktest.Succeeded || len(r.Output) != 16<<20 || r.Summary == "" {
		t.Errorf("status %s, %d bytes, summary %q", r.Status, len(r.Output), r.Summary)
	}
	cut := 0
	for _, l := range r.Logs {
		if l.Message != "y" {
			cut++
		}
	}
	if len(r.Logs) != 10001 || cut != 1 {
		t.Errorf("%d lines, %d of them not the program's", len(r.Logs), cut)
	}
}
