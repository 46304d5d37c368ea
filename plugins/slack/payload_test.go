package slack

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLongTextsAreSplit(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", maxText)
	tests := map[string]struct {
		text string
		want []string
	}{
		"short":                        {"a\nb\n", []string{"a\nb\n"}},
		"the longest":                  {long, []string{long}},
		"one more":                     {long + "y", []string{long, "y"}},
		"at the end of a line":         {"a\nb\n" + long, []string{"a\nb", long}},
		"not within a character":       {long[1:] + "åå", []string{long[1:] + "å", "å"}},
		"characters that count twice":  {strings.Repeat("😀", 1501), []string{strings.Repeat("😀", 1500), "😀"}},
		"without parts that are blank": {long + "\n" + strings.Repeat(" ", maxText+1) + "y", []string{long, "  y"}},
		"broken text":                  {strings.Repeat("\xff", maxText+1), []string{strings.Repeat("\xff", maxText), "\xff"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, split(tt.text)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestArgumentsAreChecked(t *testing.T) {
	t.Parallel()
	good := Arguments{Channel: "#c", FromUser: "u", Text: strings.Repeat("x", maxBlocks*maxText), Emoji: ":+1:"}
	if err := good.Validate(); err != nil {
		t.Error(err)
	}
	tests := map[string]struct {
		change func(*Arguments)
		want   string
	}{
		"no channel":      {func(a *Arguments) { a.Channel = " " }, "must not be empty"},
		"no user":         {func(a *Arguments) { a.FromUser = "" }, "must not be empty"},
		"a long user":     {func(a *Arguments) { a.FromUser = strings.Repeat("å", 201) }, "must not be longer than 200 characters"},
		"a long emoji":    {func(a *Arguments) { a.Emoji = strings.Repeat("å", 201) }, "must not be longer than 200 characters"},
		"no text":         {func(a *Arguments) { a.Text = "\n" }, "must not be empty"},
		"too long a text": {func(a *Arguments) { a.Text += "x" }, "is too long: Slack takes 50 parts of 3000 characters"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bad := good
			tt.change(&bad)
			if err := bad.Validate(); err == nil || err.Error() != tt.want {
				t.Errorf("got %v", err)
			}
		})
	}
}
