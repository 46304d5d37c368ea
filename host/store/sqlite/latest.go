package sqlite

import (
	"database/sql"
	"math"
	"time"
)

// dueBy notes an instant that is settled.
func (t *tx) dueBy(at time.Time) { t.latest = max(t.latest, micros(at)) }

// writeLatest keeps the latest instant that is settled, of whichever schedule:
// mostly it is all that a hold has to know of the past.
func (t *tx) writeLatest() error {
	if t.latest == math.MinInt64 {
		return nil
	}
	return t.exec("UPDATE ledger SET latest_due = ?1 WHERE latest_due IS NULL OR latest_due < ?1", t.latest)
}

// latestDue is the latest instant that is settled.
func (t *tx) latestDue() (int64, error) {
	var latest sql.NullInt64
	err := t.query(func(rows *sql.Rows) error { return rows.Scan(&latest) }, "SELECT latest_due FROM ledger")
	return max(orNever(latest), t.latest), err
}
