package config

import (
	"fmt"
	"slices"
	"strings"
)

// didYouMean is the sentence that offers the name nearest to the given one, or
// nothing when none is near. It starts with a space.
func didYouMean(given string, names []string) string {
	name, ok := nearest(given, names)
	if !ok {
		return ""
	}
	return fmt.Sprintf(" Did you mean %q?", name)
}

// nearest is the name nearest to the given one, if one is as near as the HCL
// library asks of its own suggestions.
func nearest(given string, names []string) (name string, ok bool) {
	least := 3
	for _, n := range names {
		if d := distance(given, n); d < least {
			name, least, ok = n, d, true
		}
	}
	return name, ok
}

// maxNamed is how many bytes of a name are compared; nobody mistypes longer
// ones by two letters unseen.
const maxNamed = 200

// distance is the number of letters to insert, delete or replace to make a into
// b (Levenshtein).
func distance(a, b string) int {
	if len(a) > maxNamed || len(b) > maxNamed {
		return maxNamed
	}
	from, to := []rune(a), []rune(b)
	row := make([]int, len(to)+1)
	for j := range row {
		row[j] = j
	}
	for i, r := range from {
		diagonal := row[0]
		row[0] = i + 1
		for j, s := range to {
			cost := diagonal
			if r != s {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, diagonal+1)
		}
	}
	return row[len(to)]
}

// listed names what there is, sorted: "a", "b" and "c".
func listed(names []string) string {
	quoted := make([]string, len(names))
	for i, name := range slices.Sorted(slices.Values(names)) {
		quoted[i] = fmt.Sprintf("%q", name)
	}
	if n := len(quoted); n > 1 {
		return strings.Join(quoted[:n-1], ", ") + " and " + quoted[n-1]
	}
	return strings.Join(quoted, "")
}
