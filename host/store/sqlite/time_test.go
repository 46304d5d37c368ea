package sqlite

import (
	"testing"
	"time"
)

func TestTimesComeBack(t *testing.T) {
	t.Parallel()
	for name, at := range map[string]time.Time{
		"zero":             {},
		"before 1970":      time.Date(1931, 5, 6, 7, 8, 9, 123000, time.UTC),
		"the epoch":        time.Unix(0, 0).UTC(),
		"the year 9999":    time.Date(9999, 12, 31, 23, 59, 59, 999999000, time.UTC),
		"to a microsecond": time.Date(2026, 1, 1, 0, 0, 0, 1000, time.UTC),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := stored(at); got != at {
				t.Errorf("%v comes back as %v", at, got)
			}
			if isNull := microsOrNull(at) == nil; isNull != at.IsZero() {
				t.Errorf("%v is stored as NULL: %v", at, isNull)
			}
		})
	}
}
