package butler

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// span is the field of a cron expression as Butler's library (cron 1.8.2 of npm) has
// it: its name and the values it may have. That library counts months from 0, takes
// names in any field, and takes a range that ends in 0 for one without an end.
type span struct {
	name   string
	lo, hi int
	names  *regexp.Regexp // what of names may stand in it in butlerd; nil: none
	shift  int            // what butlerd adds to a number
}

func spans() [6]span {
	return [6]span{
		{name: "second", hi: 59}, {name: "minute", hi: 59}, {name: "hour", hi: 23},
		{name: "day of month", lo: 1, hi: 31}, {name: "month", hi: 11, names: monthNames, shift: 1}, {name: "day of week", hi: 6, names: weekdayNames},
	}
}

// alias is a name with the number that Butler's library makes of it.
func alias(name string) (int, bool) {
	name = strings.ToLower(name)
	if i := slices.Index([]string{"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"}, name); i >= 0 {
		return i, true
	}
	i := slices.Index([]string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}, name)
	return i, i >= 0
}

var (
	letters = regexp.MustCompile(`[a-zA-Z]{1,3}`)
	element = regexp.MustCompile(`^(\d+)(?:-(\d+))?(?:/(\d+))?$`)

	monthNames   = named("jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec")
	weekdayNames = named("sun|mon|tue|wed|thu|fri|sat")
)

// named matches one part of a list that is made of these names.
func named(names string) *regexp.Regexp {
	return regexp.MustCompile(`(?i)^(` + names + `)(-(` + names + `))?(/\d+)?$`)
}

// translation is a cron expression of Butler in butlerd's terms.
type translation struct {
	expr  string
	notes []string // what was changed, and why
}

// translate writes an expression so that butlerd fires when Butler did. The error says
// why Butler refused it, so that the schedule never fired.
func translate(expr string) (translation, error) {
	words := strings.Fields(expr)
	if len(words) < 5 || len(words) > 6 {
		return translation{}, fmt.Errorf("it has %d fields, and Butler takes 5 or 6", len(words))
	}
	all := spans()
	fields := all[6-len(words):]
	var t translation
	for i, word := range words {
		text, notes, err := fields[i].translate(word)
		if err != nil {
			return translation{}, fmt.Errorf("%s %q: %w", fields[i].name, word, err)
		}
		words[i] = text
		t.notes = append(t.notes, notes...)
	}
	t.expr = strings.Join(words, " ")
	return t, nil
}

func (f span) translate(word string) (text string, notes []string, err error) {
	parts := strings.Split(word, ",")
	for i, part := range parts {
		var note string
		if parts[i], note, err = f.part(part); err != nil {
			return "", nil, err
		}
		if note != "" {
			notes = append(notes, note)
		}
	}
	text = strings.Join(parts, ",")
	if f.shift != 0 && strings.ContainsAny(letters.ReplaceAllString(word, ""), "0123456789") && text != word {
		notes = append(notes, fmt.Sprintf("%s %q became %q: Butler counted months from 0 (January), butlerd counts from 1. If whoever wrote it counted from 1, it fired a month late; then write %s here", f.name, word, text, word))
	}
	if f.shift != 0 && text == word && strings.Contains(word, "*/") {
		notes = append(notes, fmt.Sprintf("%s %q stays as it is: steps from * count from January in both", f.name, word))
	}
	return text, notes, nil
}

// part translates one part of a list.
func (f span) part(part string) (text, note string, err error) {
	numbers := letters.ReplaceAllStringFunc(part, func(name string) string {
		n, ok := alias(name)
		if !ok {
			err = fmt.Errorf("%q is no name that Butler knows", name)
		}
		return strconv.Itoa(n)
	})
	if err != nil {
		return "", "", err
	}
	if strings.LastIndex(numbers, "*") > 0 {
		return "", "", errors.New("a * must stand first")
	}
	star := strings.HasPrefix(numbers, "*")
	m := element.FindStringSubmatch(strings.Replace(numbers, "*", fmt.Sprintf("%d-%d", f.lo, f.hi), 1))
	if m == nil {
		return "", "", errors.New("it is nothing that Butler understands")
	}
	v, err := f.element(m)
	if err != nil {
		return "", "", err
	}
	proper := f.names != nil && f.names.MatchString(part) // names that are the same here
	first := strconv.Itoa(v.lo + f.shift)
	if proper {
		first = part[:3]
	}
	switch text = v.write(f.shift); {
	case star:
		text = "*" + v.pace()
	case v.cut:
		text = first + v.pace()
		note = "Butler took a range that ends in 0 (Sunday, or midnight) for its first value, and fired only then. What was meant may be more"
		if v.stepped {
			note = "Butler took a range that ends in 0 for one that runs to the end of the field. What was meant may be less"
		}
	case proper:
		text, _, _ = strings.Cut(part, "/")
		text += v.pace()
	}
	switch {
	case note != "":
	case numbers != part && text != part:
		note = "Butler read names in every field"
	case v.stepped && strings.Trim(m[3], "0") == "":
		note = "Butler took such a step for 1"
	default:
		return text, "", nil
	}
	return text, fmt.Sprintf("%s %q became %q: %s", f.name, part, text, note), nil
}

// values are those of one part of a list, as Butler's library reads them.
type values struct {
	lo, hi, step         int
	ranged, stepped, cut bool
}

// element reads the numbers of a part. In Butler only the step "0" is wrong: another
// that says nothing, such as 00, is 1.
func (f span) element(m []string) (values, error) {
	v := values{ranged: m[2] != "", stepped: m[3] != ""}
	v.lo, v.hi, v.step = number(m[1]), number(m[2]), max(1, number(m[3]))
	switch {
	case m[3] == "0":
		return v, errors.New("the step is 0")
	case v.ranged && v.hi != 0 && v.lo > v.hi:
		return v, errors.New("the range runs backwards")
	case v.lo < f.lo || v.lo > f.hi || v.hi > f.hi:
		return v, fmt.Errorf("it is outside of %d-%d, as Butler counts", f.lo, f.hi)
	}
	v.cut = v.ranged && v.hi == 0 && (v.lo > 0 || v.stepped)
	return v, nil
}

// number is what digits say; a larger one than any field has is cut to 100, which
// changes nothing.
func number(digits string) int {
	n, err := strconv.Atoi(digits)
	if err != nil && digits != "" || n > 100 {
		return 100
	}
	return n
}

// pace is the step, as it is written.
func (v values) pace() string {
	if !v.stepped {
		return ""
	}
	return "/" + strconv.Itoa(v.step)
}

func (v values) write(shift int) string {
	text := strconv.Itoa(v.lo + shift)
	if v.ranged {
		text += "-" + strconv.Itoa(v.hi+shift)
	}
	return text + v.pace()
}
