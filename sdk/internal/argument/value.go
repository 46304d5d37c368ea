package argument

import (
	"encoding/json"
	"errors"
	"math"
	"reflect"
	"strconv"
	"time"
)

// kindOf names what a raw JSON value is, in words for people.
func kindOf(raw json.RawMessage) string {
	for _, c := range raw {
		switch c {
		case ' ', '\t', '\r', '\n':
			continue
		case '{':
			return "an object"
		case '[':
			return "a list"
		case '"':
			return "a string"
		case 't', 'f':
			return "a bool"
		case 'n':
			return "null"
		default:
			return "a number"
		}
	}
	return "nothing"
}

// value decodes what is neither a block nor a pointer.
func (d *decoder) value(raw json.RawMessage, into reflect.Value) {
	if into.Type() == reflect.TypeFor[time.Duration]() {
		d.duration(raw, into)
		return
	}
	switch into.Kind() {
	case reflect.Slice:
		d.elements(raw, into, d.value)
	case reflect.Map:
		d.entries(raw, into)
	case reflect.String:
		if text, ok := scalar[string](d, raw, "a string"); ok {
			into.SetString(text)
		}
	case reflect.Bool:
		if yes, ok := scalar[bool](d, raw, "a bool"); ok {
			into.SetBool(yes)
		}
	default:
		if n, ok := scalar[json.Number](d, raw, "a number"); ok {
			d.number(n.String(), into)
		}
	}
}

func scalar[T any](d *decoder, raw json.RawMessage, want string) (value T, ok bool) {
	if got := kindOf(raw); got != want {
		d.fault("must be %s, not %s", want, got)
		return value, false
	}
	if err := json.Unmarshal(raw, &value); err != nil {
		d.fault("must be %s", want)
		return value, false
	}
	return value, true
}

// duration insists on a unit: a bare number would be somebody's guess.
func (d *decoder) duration(raw json.RawMessage, into reflect.Value) {
	const want = `a duration with a unit, such as "90s" or "1h30m"`
	if got := kindOf(raw); got != "a string" {
		d.fault("must be %s, not %s", want, got)
		return
	}
	text, ok := scalar[string](d, raw, "a string")
	if !ok {
		return
	}
	value, err := time.ParseDuration(text)
	if err != nil {
		d.fault("must be %s", want)
		return
	}
	into.SetInt(int64(value))
}

// number decodes exactly: an integer never passes through a float.
func (d *decoder) number(text string, into reflect.Value) {
	bits := into.Type().Bits()
	switch {
	case into.CanInt():
		n, err := strconv.ParseInt(text, 10, bits)
		d.whole(err, -1<<(bits-1), 1<<(bits-1)-1)
		into.SetInt(n)
	case into.CanUint():
		n, err := strconv.ParseUint(text, 10, bits)
		d.whole(unsigned(text, err), 0, math.MaxUint64>>(64-bits))
		into.SetUint(n)
	default:
		x, err := strconv.ParseFloat(text, bits)
		if err != nil {
			d.fault("is too large a number")
			return
		}
		into.SetFloat(x)
	}
}

func (d *decoder) whole(err error, lowest int64, highest uint64) {
	switch {
	case err == nil:
	case errors.Is(err, strconv.ErrRange):
		d.fault("must be between %d and %d", lowest, highest)
	default:
		d.fault("must be a whole number, written without a fraction or an exponent")
	}
}

// unsigned makes a negative whole number a question of range, which
// strconv.ParseUint takes for bad syntax.
func unsigned(text string, err error) error {
	if err == nil {
		return nil
	}
	if _, signed := strconv.ParseInt(text, 10, 64); signed == nil || errors.Is(signed, strconv.ErrRange) {
		return strconv.ErrRange
	}
	return err
}
