package butler

import (
	"slices"
	"strings"
	"testing"

	"butlerd/host/config"
	"butlerd/host/finding"
)

// Butler has an operation only where its settings turn it on.
func TestConvertDisablesWhatIsNotNamed(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		text  string
		on    []string
		traps int // about operations
	}{
		"no section":       {"Butler:\n  cert:\n    clientCert: a\n", nil, 1},
		"an empty section": {"Butler:\n  cert: {clientCert: a}\n  restServerEndpointsEnable: {}\n", nil, 24 + 1},
		"some":             {"Butler:\n  restServerEndpointsEnable:\n    butlerping: true\n    fileCopy:\n    fileMove: false\n    scheduler:\n      getSchedule: true\n", []string{"butlerping", "getSchedule"}, 22},
	} {
		s, err := ReadSettings("p.yaml", []byte(tt.text))
		if err != nil {
			t.Fatal(name, err)
		}
		text, report, err := Convert(Input{Settings: s, ServerTimezone: "UTC"})
		if err != nil {
			t.Fatal(name, err)
		}
		c, _ := load(t, text)
		for _, operation := range config.Operations() {
			if on := !c.API.Disabled[operation]; on != slices.Contains(tt.on, operation) {
				t.Errorf("%s: %s is on: %v", name, operation, on)
			}
		}
		traps := 0
		for _, f := range report {
			if f.Kind == finding.Trap && strings.Contains(f.Text, "restServerEndpointsEnable") {
				traps++
			}
		}
		if traps != tt.traps {
			t.Errorf("%s: %d traps, want %d", name, traps, tt.traps)
		}
	}
}
