package qrs

import (
	"encoding/json"
	"time"
)

// Date is a time as QRS writes it. The zero value is none, which QRS writes as
// the year 1753.
type Date struct{ time.Time }

// UnmarshalJSON takes what is no time for none: dates are told to people, and no
// run should end over one.
func (d *Date) UnmarshalJSON(text []byte) error {
	const none = 1753
	d.Time = time.Time{}
	var iso string
	if err := json.Unmarshal(text, &iso); err != nil {
		return nil
	}
	if t, err := time.Parse(time.RFC3339Nano, iso); err == nil && t.Year() > none {
		d.Time = t.UTC()
	}
	return nil
}
