package shadow

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// months in a year.
const months = 12

// FromButler is a cron expression of Butler as butlerd reads it: numbers of months are
// one higher, since Butler counts them from 0. Names, steps and macros stay.
func FromButler(expr string) string { return shiftMonths(expr, 1) }

// shiftMonths adds by to all numbers of the month field. What it does not understand
// it leaves as it is.
func shiftMonths(expr string, by int) string {
	fields := strings.Fields(expr)
	if len(fields) != 5 && len(fields) != 6 {
		return strings.Join(fields, " ")
	}
	at := len(fields) - 2
	var parts []string
	for part := range strings.SplitSeq(fields[at], ",") {
		parts = append(parts, shiftPart(part, by))
	}
	fields[at] = strings.Join(parts, ",")
	return strings.Join(fields, " ")
}

// shiftPart shifts a number or a range. A range is written out when it would go over
// the end of the year.
func shiftPart(part string, by int) string {
	span, step, stepped := strings.Cut(part, "/")
	low, high, ranged := strings.Cut(span, "-")
	first, err := strconv.Atoi(low)
	if err != nil {
		return part
	}
	last := first
	if ranged {
		if last, err = strconv.Atoi(high); err != nil || last < first || last > months {
			return part
		}
	} else if stepped {
		last = months - max(by, 0) // 3/2 goes on to the end
	}
	every := 1
	if stepped {
		if every, err = strconv.Atoi(step); err != nil || every < 1 {
			return part
		}
	}
	var list []int
	for m := first; m <= last; m += every {
		list = append(list, (m+by+months-1)%months+1)
	}
	return written(list, every)
}

func written(list []int, every int) string {
	n := len(list)
	if n > 2 && every == 1 && slices.IsSorted(list) {
		return fmt.Sprintf("%d-%d", list[0], list[n-1])
	}
	words := make([]string, n)
	for i, m := range list {
		words[i] = strconv.Itoa(m)
	}
	return strings.Join(words, ",")
}
