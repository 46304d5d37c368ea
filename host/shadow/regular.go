package shadow

import "time"

const day = 24 * time.Hour

// regular says whether times, in order, look like those of a schedule: two at the same
// time of day, or three at the same distance.
func regular(times []time.Time, tolerance time.Duration) bool {
	for i := 2; i < len(times); i++ {
		first, second := times[i-1].Sub(times[i-2]), times[i].Sub(times[i-1])
		// Within the tolerance all short distances are alike.
		if first > 2*tolerance && (first-second).Abs() <= tolerance {
			return true
		}
	}
	return sameTimeOfDay(times, tolerance)
}

// maxPairs bounds how many times are held against one another.
const maxPairs = 2000

func sameTimeOfDay(times []time.Time, tolerance time.Duration) bool {
	times = times[:min(len(times), maxPairs)]
	for i, a := range times {
		for _, b := range times[i+1:] {
			days := b.Sub(a)
			if off := (days - days.Round(day)).Abs(); days.Round(day) > 0 && off <= tolerance {
				return true
			}
		}
	}
	return false
}
