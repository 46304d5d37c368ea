package store

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// CheckPut says what is wrong with values that no engine keeps.
func CheckPut(list []KeyValue) error {
	if len(list) > MaxPage {
		return fmt.Errorf("%w: %d values, and %d may be put at once", ErrTooLarge, len(list), MaxPage)
	}
	size := 0
	for _, v := range list {
		if err := v.Name().Check(); err != nil {
			return err
		}
		if err := checkText(v.Value, MaxDocument); err != nil {
			return fmt.Errorf("the value of the key %.200q: %w", v.Key, err)
		}
		size += int(v.Bytes())
	}
	if err := checkSize(size, MaxDocument); err != nil {
		return fmt.Errorf("the values together: %w", err)
	}
	return nil
}

// Check says what is wrong with a name that no value can have.
func (n KeyName) Check() error {
	if err := CheckNamespace(n.Namespace); err != nil {
		return err
	}
	if err := checkText(n.Key, MaxKey); err != nil {
		return fmt.Errorf("the key %.40q: %w", n.Key, err)
	}
	return nil
}

// CheckNamespace says what is wrong with a name that no namespace can have.
func CheckNamespace(name string) error {
	if err := checkText(name, MaxKey); err != nil {
		return fmt.Errorf("the namespace %.40q: %w", name, err)
	}
	return nil
}

// CheckExpired says what is wrong with the limit of a RemoveExpired.
func CheckExpired(limit int) error {
	if limit < 1 || limit > MaxPage {
		return fmt.Errorf("limit %d: it must be 1 to %d", limit, MaxPage)
	}
	return nil
}

func checkText(text string, limit int) error {
	if err := checkSize(len(text), limit); err != nil {
		return err
	}
	if !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
		return ErrNotText
	}
	return nil
}
