package finding

import (
	"strings"
	"testing"
)

// Names come from files: they must not move a terminal's cursor or fill it.
func TestStringIsOneLineThatCanBeShown(t *testing.T) {
	t.Parallel()
	got := Finding{Kind: Left, Place: "s.yaml:1", Text: "members: a\x1b[2J\nb\u202e åäö"}.String()
	if want := `left out: s.yaml:1: members: a\x1b[2J\nb\u202e åäö`; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if n := len(Finding{Text: strings.Repeat("\x00", 1<<20)}.String()); n > maxText+20 {
		t.Errorf("%d bytes", n)
	}
}
