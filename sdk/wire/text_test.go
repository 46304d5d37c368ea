package wire_test

import (
	"testing"
	"unicode/utf8"

	"butlerd/sdk/wire"
)

func TestText(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		in    string
		limit int
		want  string
	}{
		"short text stays":              {"åäö", 6, "åäö"},
		"long text is cut and marked":   {"abcdefgh", 7, "abcd…"},
		"a character is never cut":      {"ååååå", 8, "åå…"},
		"what is no UTF-8 is replaced":  {"a\xffb", 10, "a\uFFFDb"},
		"the replacement is counted in": {"\xffa\xffa\xff", 10, "\uFFFDa\uFFFD…"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := wire.Text(tt.in, tt.limit); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestLineJoinsLinesAsSeveralErrorsRead(t *testing.T) {
	t.Parallel()
	if got, want := wire.Line("one\r\ntwo\n\nthree\n", 100), "one; two; three"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func FuzzText(f *testing.F) {
	f.Add("abc", 5)
	f.Add("\xff\xfe", 3)
	f.Add("ååå…", 4)
	f.Fuzz(func(t *testing.T, s string, limit int) {
		if limit < len("…") || limit > 1<<16 {
			return
		}
		got := wire.Text(s, limit)
		if len(got) > limit || !utf8.ValidString(got) {
			t.Errorf("%q cut at %d: got %q", s, limit, got)
		}
		if utf8.ValidString(s) && len(s) <= limit && got != s {
			t.Errorf("%q was changed to %q", s, got)
		}
	})
}
