package host_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"butlerd/host"
	"butlerd/host/config"
	"butlerd/sdk"
)

// picky are arguments that only the plugin can check.
type picky struct {
	Text string `hcl:"text"`
}

func (p *picky) Validate() error {
	if p.Text == "bad" {
		return sdk.At(errors.New("must not be bad"), "text")
	}
	return nil
}

func pickyPlugin() sdk.Plugin {
	return sdk.Plugin{Name: "picky", Version: "1.0.0", Actions: []sdk.Action{
		sdk.NewAction("pick", func(context.Context, *sdk.Run, picky) (answer, error) { return answer{}, nil }),
	}}
}

// Plugins check the arguments of follow-ups too: those of a notify rule once, however
// many schedules have it.
func TestValidateAsksAboutFollowUps(t *testing.T) {
	t.Parallel()
	const text = `plugin "picky" {
}

notify "ops" {
  on_missed   = true
  on_recovery = true

  action "pick" {
    text = "bad"
  }
}

schedule "a" {
  for_each = toset(["x", "y"])

  cron     = "0 2 * * *"
  timezone = "UTC"
  notify   = "ops"

  on_end {
    action "pick" {
      text = each.key == "x" ? "bad" : "good"
    }
  }
  action "pick" {
    text = "good"
  }
}
`
	path := filepath.Join(t.TempDir(), "config.hcl")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	v := host.Validate(t.Context(), host.Options{
		Config:  config.Options{Paths: []string{path}},
		Version: "test",
		Bundled: []host.Bundled{{Name: "picky", Make: pickyPlugin}},
		Log:     slog.New(slog.DiscardHandler),
	})
	var lines []int
	for _, d := range v.Diagnostics {
		lines = append(lines, d.Start.Line)
	}
	if v.Valid || len(lines) != 2 || lines[0] != 9 || lines[1] != 22 {
		t.Errorf("%v at %v", v.Diagnostics, lines)
	}
}
