package filter_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"butlerd/plugins/qlik-sense-reload/qrssim/internal/filter"
)

func TestSort(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 15, 8, 0, 0, 0, time.UTC)
	tests := []struct {
		name, orderBy, want string
	}{
		{"keeps the order there is", "", "bCaD"},
		{"orders strings without case", "name", "abCD"},
		{"orders downwards", "name desc", "DCba"},
		{"orders upwards when told", "NAME ASC", "abCD"},
		{"orders numbers", "wheels", "abCD"},
		{"keeps equals as they were", "colour", "bCaD"},
		{"orders by several", "enabled desc,wheels desc", "CaDb"},
		{"orders dates", "builtAt desc", "DaCb"},
		{"orders ids", "id", "DCba"},
		{"puts rows without the property first", "owner.name", "bCDa"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			rows := []car{
				{base: base{ID: uuid.UUID{3}, Name: "b"}, Wheels: 2, BuiltAt: date(at)},
				{base: base{ID: uuid.UUID{2}, Name: "C"}, Wheels: 3, Enabled: true, BuiltAt: date(at.Add(1))},
				{base: base{ID: uuid.UUID{4}, Name: "a"}, Wheels: 1, Enabled: true, BuiltAt: date(at.Add(2)), Owner: &base{Name: "x"}},
				{base: base{ID: uuid.UUID{1}, Name: "D"}, Wheels: 4, BuiltAt: date(at.Add(3))},
			}
			order, err := filter.ParseOrder(tt.orderBy, types()...)
			if err != nil {
				t.Fatal(err)
			}
			filter.Sort(order, rows)
			got := ""
			for _, row := range rows {
				got += row.Name
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("order (-want +got):\n%s", diff)
			}
		})
	}
}

func TestParseOrderRefuses(t *testing.T) {
	t.Parallel()
	for name, orderBy := range map[string]string{
		"an unknown property":  "colr",
		"an unknown direction": "name downwards",
		"too many words":       "name asc desc",
		"an empty column":      "name,",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := filter.ParseOrder(orderBy, types()...); !errors.Is(err, filter.ErrSyntax) {
				t.Errorf("ParseOrder(%q) error = %v, want ErrSyntax", orderBy, err)
			}
		})
	}
}

func TestPathValue(t *testing.T) {
	t.Parallel()
	row := sedan()
	for path, want := range map[string]any{
		"wheels":                           4,
		"customProperties.definition.name": "A",
		"owner.name":                       nil,
		"length":                           nil,
	} {
		p, err := filter.Resolve(path, types()...)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, p.Value(row)); diff != "" {
			t.Errorf("value of %s (-want +got):\n%s", path, diff)
		}
	}
}
