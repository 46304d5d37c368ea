package config

import (
	"strings"
	"testing"
)

func TestCountriesAreNamedOnce(t *testing.T) {
	t.Parallel()
	for list, want := range map[string]string{
		`"SE", "SE"`:                  "Duplicate country",
		strings.Repeat(`"SE", `, 500): "Too many countries",
	} {
		text := "calendar \"c\" {\n  holidays = [" + strings.TrimSuffix(list, ", ") + "]\n}\n"
		_, diags := Load(testOptions{}.options(write(t, map[string]string{"config.hcl": text})))
		if err := diags.Err(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}
