package post

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"

	"butlerd/sdk"
)

const (
	// maxLine is how much of an answer's first line is told, in bytes.
	maxLine = 300
	// maxWait bounds what a service may ask for: beyond it the answer is taken for
	// a mistake.
	maxWait = 24 * time.Hour
)

// verdict says what an answer means for the attempt: a service that is busy or
// broken may do better later; one that refuses what it was sent will not.
func (s *Sender) verdict(r *http.Response, answer []byte) error {
	switch {
	case r.StatusCode >= 200 && r.StatusCode < 300:
		return nil
	case r.StatusCode >= 300 && r.StatusCode < 400:
		return sdk.Permanent(fmt.Errorf("%s answered %s; redirects are not followed, give the address it leads to", s.service, status(r)))
	}
	text := status(r)
	if line := s.secrets.hide(firstLine(answer)); line != "" {
		text += ": " + line
	}
	err := fmt.Errorf("%s answered %s", s.service, text)
	if r.StatusCode == http.StatusTooManyRequests || r.StatusCode == http.StatusServiceUnavailable {
		if wait, ok := retryAfter(r.Header.Get("Retry-After"), time.Now()); ok {
			return sdk.RetryAfter(wait, err)
		}
		return err
	}
	if r.StatusCode < 500 && r.StatusCode != http.StatusRequestTimeout {
		return sdk.Permanent(err)
	}
	return err
}

// status takes the text from the standard library: the one on the wire is the
// sender's.
func status(r *http.Response) string {
	return strings.TrimSpace(strconv.Itoa(r.StatusCode) + " " + http.StatusText(r.StatusCode))
}

// retryAfter reads the header of that name: seconds, or a date.
func retryAfter(text string, now time.Time) (time.Duration, bool) {
	if seconds, err := strconv.Atoi(strings.TrimSpace(text)); err == nil {
		wait := time.Duration(max(seconds, 0)) * time.Second
		return wait, seconds >= 0 && seconds <= int(maxWait/time.Second)
	}
	at, err := http.ParseTime(text)
	if err != nil || at.Sub(now) > maxWait {
		return 0, false
	}
	return max(at.Sub(now), 0), true
}

// firstLine is the first line that says something, fit to be shown.
func firstLine(answer []byte) string {
	line, _, _ := strings.Cut(strings.TrimSpace(string(answer)), "\n")
	line = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, line)
	if len(line) > maxLine {
		line = line[:maxLine] + "…"
	}
	return strings.TrimSpace(strings.ToValidUTF8(line, ""))
}
