package config

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// day is 24 hours. Durations are lengths of time: days of 23 and of 25 hours are the
// business of schedules.
const day = 24 * time.Hour

// errDuration is given for text that is no duration. What is wrong with it the
// message says that names the attribute.
var errDuration = errors.New("not a duration")

// parseDuration reads a duration of our own blocks: as Go writes it, with days in
// front, "90d" or "1d12h". Plugins know no days, so their blocks do not either.
func parseDuration(text string) (time.Duration, error) {
	days, rest, found := strings.Cut(text, "d")
	if !found {
		return time.ParseDuration(text)
	}
	n, err := strconv.ParseUint(days, 10, 16)
	if err != nil {
		return 0, errDuration
	}
	var d time.Duration
	if rest != "" {
		if d, err = time.ParseDuration(rest); err != nil || d < 0 || rest[0] == '+' {
			return 0, errDuration
		}
	}
	whole := time.Duration(n) * day // 16 bits of days fit
	if d > math.MaxInt64-whole {
		return 0, errDuration
	}
	return whole + d, nil
}

// short writes a duration as people do: 5m, not 5m0s, and 31d, not 744h.
func short(d time.Duration) string {
	if d >= 2*day && d%day == 0 {
		return fmt.Sprintf("%dd", d/day)
	}
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}
