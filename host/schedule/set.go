package schedule

import (
	"strconv"
	"strings"
	"time"
)

// values lists the members of a set of robfig/cron.
func values(set uint64, lo, hi int) []int {
	var list []int
	for n := lo; n <= hi; n++ {
		if set&(1<<n) != 0 {
			list = append(list, n)
		}
	}
	return list
}

// pace returns the distance between the members of a set that has 0 and from
// there on every so many up to size, which must come out even. It returns 0 for
// other sets, and size for 0 alone.
func pace(set uint64, size int) int {
	list := values(set, 0, size-1)
	if list[0] != 0 || size%len(list) != 0 {
		return 0
	}
	step := size / len(list)
	for i, n := range list {
		if n != i*step {
			return 0
		}
	}
	return step
}

// list writes the values of a field in words, or the field as it was written if
// that would be long.
func (s *Spec) list(place int) string {
	var parts []string
	members := s.members(place)
	for i := 0; i < len(members); {
		end := i
		for end+1 < len(members) && members[end+1] == members[end]+1 {
			end++
		}
		if end-i >= 2 {
			parts = append(parts, valueName(place, members[i])+" to "+valueName(place, members[end]))
			i = end + 1
			continue
		}
		parts = append(parts, valueName(place, members[i]))
		i++
	}
	if len(parts) > maxListed {
		return s.fields[place]
	}
	return sentence(parts)
}

// members lists the values of a field. The week ends on Sunday, as 7.
func (s *Spec) members(place int) []int {
	c := s.cron
	switch place {
	case fieldSecond:
		return values(c.Second, 0, 59)
	case fieldMinute:
		return values(c.Minute, 0, 59)
	case fieldHour:
		return values(c.Hour, 0, 23)
	case fieldDayOfMonth:
		return values(c.Dom, 1, 31)
	case fieldMonth:
		return values(c.Month, 1, 12)
	}
	return values(c.Dow|(c.Dow&1)<<7, 1, 7)
}

// valueName is how people call a value of a field.
func valueName(place, n int) string {
	switch place {
	case fieldMonth:
		return time.Month(n).String()
	case fieldDayOfWeek:
		return time.Weekday(n % 7).String()
	}
	return strconv.Itoa(n)
}

// sentence joins with commas and a last "and".
func sentence(parts []string) string {
	last := len(parts) - 1
	if last < 1 {
		return strings.Join(parts, "")
	}
	return strings.Join(parts[:last], ", ") + " and " + parts[last]
}
