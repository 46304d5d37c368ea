package post

import (
	"strings"
	"testing"
	"time"
)

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	tests := map[string]struct {
		want time.Duration
		ok   bool
	}{
		"30":                            {30 * time.Second, true},
		" 0 ":                           {0, true},
		"-1":                            {0, false},
		"86400":                         {24 * time.Hour, true},
		"86401":                         {0, false},
		"9223372036854775807":           {0, false},
		"Sun, 01 Mar 2026 12:01:00 GMT": {time.Minute, true},
		"Sun, 01 Mar 2026 11:00:00 GMT": {0, true},
		"Sun, 01 Mar 2036 12:00:00 GMT": {0, false},
		"soon":                          {0, false},
		"":                              {0, false},
	}
	for text, tt := range tests {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			got, ok := retryAfter(text, now)
			if ok != tt.ok || ok && got != tt.want {
				t.Errorf("got %s, %t", got, ok)
			}
		})
	}
}

func TestFirstLine(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ answer, want string }{
		"the first that says something": {"\r\n  no_team\r\nmore", "no_team"},
		"without control characters":    {"a\x1b[31mb\x00", "a [31mb"},
		"not all of it":                 {strings.Repeat("x", 301), strings.Repeat("x", 300) + "…"},
		"no half characters":            {strings.Repeat("x", 299) + "å", strings.Repeat("x", 299) + "…"},
		"nothing":                       {"", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := firstLine([]byte(tt.answer)); got != tt.want {
				t.Errorf("got %q", got)
			}
		})
	}
}

func TestSecretsAreHidden(t *testing.T) {
	t.Parallel()
	s := newSecrets(append(AddressSecrets("https://user:passphrase@hooks.example.com/services/very%20secret?token=hidden"), "NRAK-1"))
	tests := map[string]string{
		"no https://user:passphrase@hooks.example.com/services/very%20secret?token=hidden": "no (hidden)",
		"no /services/very secret here":      "no (hidden) here",
		"no /services/very%20secret here":    "no (hidden) here",
		"token=hidden, passphrase or NRAK-1": "(hidden), (hidden) or (hidden)",
		"hooks.example.com is down":          "hooks.example.com is down",
	}
	for text, want := range tests {
		if got := s.hide(text); got != want {
			t.Errorf("%s: got %q", text, got)
		}
	}
}

func TestCheckHeader(t *testing.T) {
	t.Parallel()
	for _, good := range [][2]string{{"X-Token", "a b\tc"}, {"x", ""}, {"a!#$%&'*+-.^_`|~9", "å"}} {
		if err := CheckHeader(good[0], good[1]); err != nil {
			t.Error(err)
		}
	}
	for _, bad := range [][2]string{{"", "x"}, {"a b", "x"}, {"a:", "x"}, {"å", "x"}, {"a", "x\r\ny"}, {"a", "\x7f"}} {
		if CheckHeader(bad[0], bad[1]) == nil {
			t.Errorf("%q is good", bad)
		}
	}
}
