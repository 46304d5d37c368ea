package schema_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"butlerd/sdk/schema"
)

func TestPathReadsAsPeopleWriteIt(t *testing.T) {
	t.Parallel()
	tests := map[string]schema.Path{
		"":                nil,
		"tls.ca":          {"tls", "ca"},
		"hosts[1]":        {"hosts", 1},
		"header[0].value": {"header", 0, "value"},
	}
	for want, path := range tests {
		if got := path.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestPathWithSharesNoMemory(t *testing.T) {
	t.Parallel()
	base := append(make(schema.Path, 0, 8), "a")
	left, right := base.With("l"), base.With("r")
	if diff := cmp.Diff(schema.Path{"a", "l"}, left); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(schema.Path{"a", "r"}, right); diff != "" {
		t.Error(diff)
	}
}
