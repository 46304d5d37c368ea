package loadscripts_test

import (
	"fmt"
	"strings"
)

// function is one of Qlik's functions that the scripts use.
func (s *script) function(name string, args []any) (any, error) {
	arity := map[string]int{"Replace": 3, "Chr": 1, "Ord": 1, "Mid": 3, "Len": 1, "Lower": 1, "Div": 2, "Mod": 2, "If": 3, "Num": 1, "NoOfRows": 1, "Peek": 3, "Lookup": 4}
	if want, known := arity[name]; !known || len(args) != want {
		return nil, fmt.Errorf("the tests know no %s of %d arguments", name, len(args))
	}
	switch name {
	case "Chr":
		return string(rune(numeric(args[0]))), nil
	case "Div":
		return float64(int(numeric(args[0])) / int(numeric(args[1]))), nil
	case "Mod":
		return float64(int(numeric(args[0])) % int(numeric(args[1]))), nil
	case "Num":
		return numeric(args[0]), nil
	case "If":
		if truth(args[0]) {
			return args[1], nil
		}
		return args[2], nil
	case "NoOfRows", "Peek", "Lookup":
		return s.ofTable(name, args), nil
	}
	return ofText(name, args), nil
}

// ofTable is null for a table that is not there.
func (s *script) ofTable(name string, args []any) any {
	table, ok := s.tables[text(args[len(args)-1])]
	switch {
	case !ok:
		return nil
	case name == "NoOfRows":
		return float64(len(table))
	case name == "Lookup":
		for _, r := range table {
			if text(r[text(args[1])]) == text(args[2]) {
				return r[text(args[0])]
			}
		}
		return nil
	}
	at := int(numeric(args[1]))
	if at >= len(table) {
		return nil
	}
	return table[at][text(args[0])]
}

func ofText(name string, args []any) any {
	given := text(args[0])
	runes := []rune(given)
	switch name {
	case "Replace":
		return strings.ReplaceAll(given, text(args[1]), text(args[2]))
	case "Lower":
		return strings.ToLower(given)
	case "Len":
		return float64(len(runes))
	case "Mid":
		from := min(int(numeric(args[1]))-1, len(runes))
		return string(runes[from:min(from+int(numeric(args[2])), len(runes))])
	}
	if len(runes) == 0 {
		return nil
	}
	return float64(runes[0]) // Ord
}
