package audit

import (
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"strconv"
	"strings"
	"time"

	"butlerd/host/run"
)

const (
	dayLayout  = time.DateOnly
	timeLayout = "2006-01-02T15:04:05.000000Z"
)

// Day is the midnight, in UTC, of the day in which something was settled.
func Day(settledAt time.Time) time.Time {
	y, m, d := settledAt.UTC().Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// nextDay is the midnight after a day's.
func nextDay(day time.Time) time.Time { return day.AddDate(0, 0, 1) }

var escapes = strings.NewReplacer("\\", `\\`, "\t", `\t`, "\n", `\n`, "\r", `\r`)

// Line is a firing in the canonical form, with its line feed.
func Line(f run.Firing) string {
	fields := []string{
		escapes.Replace(f.ScheduleID),
		f.DueAt.UTC().Format(timeLayout),
		strconv.FormatInt(f.Version, 10),
		escapes.Replace(string(f.Outcome)),
		escapes.Replace(string(f.Reason)),
		escapes.Replace(f.RunID),
		escapes.Replace(f.HoldID),
		f.SettledAt.UTC().Format(timeLayout),
	}
	return strings.Join(fields, "\t") + "\n"
}

// tape computes the hash of a day. The firings are added in their order, and the seal
// before last, so that several days can be computed at one time.
type tape struct {
	sum   hash.Hash
	count int64
}

func newTape() *tape { return &tape{sum: sha256.New()} }

func (t *tape) add(f run.Firing) {
	t.sum.Write([]byte(Line(f)))
	t.count++
}

// hash ends the tape with the day and the hash of the seal before.
func (t *tape) hash(day time.Time, previous string) string {
	t.sum.Write([]byte(day.Format(dayLayout) + "\t" + escapes.Replace(previous) + "\n"))
	return hex.EncodeToString(t.sum.Sum(nil))
}
