package schedule

import (
	"fmt"
	"time"
)

// parseEvery reads "@every 90s".
func parseEvery(expr string, words []token) (*Spec, error) {
	const usage = "@every takes one duration of whole seconds, at least 1s, such as 90s or 1h30m"
	if len(words) != 2 {
		return nil, words[0].wrong(usage)
	}
	d, err := time.ParseDuration(words[1].text)
	if err != nil || d < time.Second || d%time.Second != 0 {
		return nil, words[1].wrong(usage)
	}
	return &Spec{expr: expr, key: expr, every: int64(d / time.Second)}, nil
}

// parseMacro reads "@daily" and its like as the fields they stand for.
func parseMacro(expr string, whole token) (*Spec, error) {
	stands, ok := macro(whole.text)
	if !ok {
		return nil, whole.wrong(fmt.Sprintf("unknown macro %q; use @yearly, @annually, @monthly, @weekly, @daily, @midnight, @hourly or @every <duration>", whole.text))
	}
	return parseFields(expr, token{text: stands}.tokens())
}

// macro returns the fields that a macro stands for.
func macro(name string) (stands string, ok bool) {
	switch name {
	case "@yearly", "@annually":
		return "0 0 1 1 *", true
	case "@monthly":
		return "0 0 1 * *", true
	case "@weekly":
		return "0 0 * * 0", true
	case "@daily", "@midnight":
		return "0 0 * * *", true
	case "@hourly":
		return "0 * * * *", true
	}
	return "", false
}
