package schedule

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// item is one part of a field's list: the values from lo to hi, step apart.
type item struct {
	lo, hi, step int
}

// item reads one part of a list.
func (f field) item(text string) (item, error) {
	if text == "?" && f.day {
		return item{f.min, f.last, 1}, nil
	}
	body, tail, stepped := strings.Cut(text, "/")
	it, err := f.span(body, stepped)
	if err != nil {
		return item{}, err
	}
	if stepped {
		if it.step, err = step(tail); err != nil {
			return item{}, err
		}
	}
	if it.lo > it.hi {
		return item{}, fmt.Errorf("the range runs backwards; write %s", f.forwards(it))
	}
	return it, nil
}

// span reads what stands before the step: a star, a value or a range. A single
// value with a step runs to the end of the field.
func (f field) span(body string, stepped bool) (item, error) {
	if body == "*" {
		return item{f.min, f.last, 1}, nil
	}
	first, second, ranged := strings.Cut(body, "-")
	lo, err := f.value(first)
	switch {
	case err != nil:
		return item{}, err
	case ranged:
		hi, err := f.upper(lo, second)
		return item{lo, hi, 1}, err
	case stepped && lo > f.last:
		return item{}, fmt.Errorf("%d with a step is ambiguous; write 0 for Sunday", lo)
	case stepped:
		return item{lo, f.last, 1}, nil
	}
	return item{lo, lo, 1}, nil
}

// upper reads the end of a range that starts at lo. The week may end on a
// Sunday by name: FRI-SUN is 5-7.
func (f field) upper(lo int, text string) (int, error) {
	hi, err := f.value(text)
	if _, isName := f.named(text); err == nil && isName && f.max > f.last && hi == 0 && lo > 0 {
		return f.max, nil
	}
	return hi, err
}

// widest is more values than any field has. Steps are cut to it, which changes
// nothing but keeps sums of steps within an int.
const widest = 100

// step reads the number after the slash.
func step(text string) (int, error) {
	if !digits(text) {
		return 0, errors.New("the step after / must be a positive number")
	}
	n, err := strconv.Atoi(text)
	if err != nil || n > widest {
		return widest, nil
	}
	if n == 0 {
		return 0, errors.New("the step after / must not be zero")
	}
	return n, nil
}

// forwards writes a range that runs backwards as one that robfig, and a reader,
// takes: 22-2 is 22-23,0-2. With a step it lists the values, since two stepped
// ranges would start counting anew.
func (f field) forwards(it item) string {
	switch {
	case it.step > 1:
		return f.wrapped(it)
	case f.max > f.last && it.hi == 0:
		return pair(it.lo, f.max)
	case it.lo > f.last:
		return pair(0, it.hi)
	}
	return pair(it.lo, f.last) + "," + pair(f.min, it.hi)
}

// wrapped lists the values of a range that runs over the end of its field.
func (f field) wrapped(it item) string {
	size := f.last - f.min + 1
	var list []string
	for n := it.lo; n <= it.hi+size; n += it.step {
		list = append(list, strconv.Itoa(f.min+(n-f.min)%size))
	}
	return strings.Join(list, ",")
}

// pair writes a range, or its only value.
func pair(lo, hi int) string {
	if lo == hi {
		return strconv.Itoa(lo)
	}
	return fmt.Sprintf("%d-%d", lo, hi)
}

// canonical writes the item with numbers only, in a form that robfig reads: it
// knows Sunday as 0 only.
func (f field) canonical(it item) string {
	if it.hi <= f.last {
		return fmt.Sprintf("%d-%d/%d", it.lo, it.hi, it.step)
	}
	var list []string
	for n := it.lo; n <= it.hi; n += it.step {
		list = append(list, strconv.Itoa(n%(f.last+1)))
	}
	return strings.Join(list, ",")
}

// onlyFirst tells that the step leaps over all but the first value.
func (it item) onlyFirst() bool {
	return it.step > 1 && it.step > it.hi-it.lo
}
