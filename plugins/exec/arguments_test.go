package exec

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"butlerd/sdk/sdktest"
)

func TestArgumentsAreChecked(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ arguments, want string }{
		"no command":              {`{"command": []}`, "command: must have a program as its first element"},
		"an empty program":        {`{"command": ["", "x"]}`, "command: must have a program as its first element"},
		"a NUL in an argument":    {`{"command": ["x", "a\u0000b"]}`, "command[1]: must not contain a NUL character"},
		"a NUL in a directory":    {`{"command": ["x"], "dir": "\u0000"}`, "dir: must not contain a NUL character"},
		"a variable of two parts": {`{"command": ["x"], "env": {"A=B": "c"}}`, `env.A=B: "A=B" cannot be the name of an environment variable`},
		"no good exit code":       {`{"command": ["x"], "ok_exit_codes": []}`, "ok_exit_codes: must have an exit code that means success"},
		"a negative exit code":    {`{"command": ["x"], "ok_exit_codes": [0, -1]}`, "ok_exit_codes[1]: must not be negative"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := &plugin{}
			p.config.Store(&Config{})
			r := sdktest.Run(t, p.action(), tt.arguments)
			if len(r.Diagnostics) != 1 || r.Diagnostics[0].Path.String()+": "+r.Diagnostics[0].Summary != tt.want {
				t.Errorf("got %+v", r)
			}
		})
	}
}

func TestConfigurationIsChecked(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ config, want string }{
		"a relative program":   {`{"allow": ["rsync"]}`, "allow[0]: must be an absolute path"},
		"an empty variable":    {`{"inherit_env": ["PATH", ""]}`, `inherit_env[1]: "" cannot be the name of an environment variable`},
		"a variable with an =": {`{"inherit_env": ["A=B"]}`, `inherit_env[0]: "A=B" cannot be the name of an environment variable`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			faults, err := sdktest.Serve(t, Plugin()).Configure(t.Context(), tt.config)
			if err != nil || len(faults) != 1 || faults[0].Path.String()+": "+faults[0].Summary != tt.want {
				t.Errorf("got %v, %v", faults, err)
			}
		})
	}
}

func TestLinesAreCutOut(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", maxLine)
	tests := map[string]struct {
		writes []string
		want   []string
	}{
		"across writes":         {[]string{"a\nb", "c\r\n", "\n \n", "d"}, []string{"a", "bc", "d"}},
		"cut where too long":    {[]string{long + "y", "z\nb\n"}, []string{long, "b"}},
		"mended":                {[]string{"a\xffb\n"}, []string{"a\uFFFDb"}},
		"none where nothing is": {[]string{"", "\n"}, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var l lines
			var got []string
			take := func(_ int, text string) { got = append(got, text) }
			for _, w := range tt.writes {
				l.write([]byte(w), take)
			}
			l.flush(take)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestTheTailKeepsTheLastLine(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		writes []string
		want   string
	}{
		"of several writes":   {[]string{"a\nb", "c", "\n\n"}, "bc"},
		"of one large write":  {[]string{strings.Repeat("x\n", maxLine) + "end\n"}, "end"},
		"of many large ones":  {[]string{strings.Repeat("x", maxLine), strings.Repeat("y", maxLine), "\nz"}, "z"},
		"when it is too long": {[]string{"a\n", strings.Repeat("x", 2*maxLine)}, strings.Repeat("x", maxLine)},
		"when there is none":  {nil, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var l tail
			for _, w := range tt.writes {
				l.write([]byte(w))
			}
			if got := l.line(); got != tt.want {
				t.Errorf("got %.50q", got)
			}
		})
	}
}
