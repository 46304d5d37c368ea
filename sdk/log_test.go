package sdk

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"
)

func TestAttributesThatAreCutStayJSONWithinTheLimit(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"of letters":           "x",
		"of quotes":            `"`,
		"of backslashes":       `\`,
		"of angle brackets":    "<",
		"of line separators":   "\u2028",
		"of control bytes":     "\x01",
		"of what is not UTF-8": "\xff",
	}
	for name, char := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var long bytes.Buffer
			slog.New(slog.NewJSONHandler(&long, nil)).Info("", "a", strings.Repeat(char, 1<<16))
			got := bounded(long.Bytes())
			if len(got) > maxAttributes || !json.Valid(got) {
				t.Errorf("%d bytes: %.100s", len(got), got)
			}
		})
	}
}
