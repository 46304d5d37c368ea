package schedule

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"testing"
	"time"
)

// What the table has may not change under its name: then give it another one, and this
// test the new digest.
func TestHolidayTableIsWhatItsNameSays(t *testing.T) {
	t.Parallel()
	const name, want = "cal-2.1.13", "bb7a2f5284e9ffdca7ad3b84e6eb07f62db8d0c4c5f2309f15e8fec0ba51d5e8"
	sum := sha256.New()
	first := dayOf(time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC))
	last := dayOf(time.Date(2040, 12, 31, 0, 0, 0, 0, time.UTC))
	for _, code := range HolidayCountries() {
		a := &area{}
		if err := a.addHolidays(code); err != nil {
			t.Fatal(err)
		}
		for d := first; d <= last; d++ {
			if text, ok := a.holidays[0].find(d); ok {
				fmt.Fprintln(sum, code, date(d), text)
			}
		}
	}
	if got := hex.EncodeToString(sum.Sum(nil)); HolidayTable != name || got != want {
		t.Errorf("table %s has the digest %s, want %s with %s", HolidayTable, got, name, want)
	}
}

func TestATableIsPartOfTheKey(t *testing.T) {
	t.Parallel()
	timing := func(table string) Timing {
		inner := Calendar{Name: "h", Holidays: []string{"SE"}, HolidayTable: table}
		return Timing{Cron: "0 9 * * *", Timezone: "UTC", More: &More{Exclude: []Calendar{{Name: "c", Include: []Calendar{inner}}}}}
	}
	old, now := timing("cal-1"), timing(HolidayTable)
	if old.Key() == now.Key() {
		t.Error("the key is the same with another table")
	}
	if old.OtherTable() != "cal-1" || now.OtherTable() != "" || timing("").OtherTable() != "" {
		t.Errorf("other tables: %q, %q", old.OtherTable(), now.OtherTable())
	}
}
