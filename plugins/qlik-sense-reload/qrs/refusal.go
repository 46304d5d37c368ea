package qrs

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"unicode"
)

// maxExcerpt is how much of an answer an error quotes, in characters.
const maxExcerpt = 200

// refusal says in a sentence what an answer means that was not wanted.
func refusal(resp *http.Response, quoted string) error {
	text := fmt.Sprintf("it answered %d, %s", resp.StatusCode, meaning(resp, quoted))
	if quoted != "" {
		text += fmt.Sprintf(": %q", quoted)
	}
	return errors.New(text)
}

func meaning(resp *http.Response, quoted string) string {
	switch status := resp.StatusCode; {
	case status >= 300 && status < 400:
		return redirected(resp)
	case status == http.StatusBadRequest:
		return "it does not take the request"
	case status == http.StatusUnauthorized:
		return "it does not know the user; is the JWT or the header the one that the virtual proxy wants?"
	case status == http.StatusForbidden && strings.Contains(quoted, "XSRF"):
		return "the request's key (xrfkey) did not arrive; does something in between change URLs or headers?"
	case status == http.StatusForbidden:
		return "it does not let the user do this, or does not accept the client certificate"
	case status == http.StatusNotFound:
		return "it does not have this"
	case status == http.StatusTooManyRequests:
		return "it has too many requests to do"
	case status >= http.StatusInternalServerError:
		return "it is in trouble itself"
	}
	return "which was not expected"
}

// redirected names where a redirect leads, without what the URL carries.
func redirected(resp *http.Response) string {
	to, err := url.Parse(resp.Header.Get("Location"))
	if err != nil {
		to = &url.URL{}
	}
	return fmt.Sprintf("a redirect to %.200q: it wants somebody to log in; check virtual_proxy (prefix, and header or jwt) and port", to.Host+to.Path)
}

// excerpt is the beginning of an answer on one line and without the secret,
// which a proxy may echo. A text in JSON is taken out of it.
func excerpt(body []byte, secret string) string {
	text := string(body)
	var inner string
	if json.Unmarshal(body, &inner) == nil {
		text = inner
	}
	if secret != "" {
		text = strings.ReplaceAll(text, secret, "…")
	}
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == unicode.ReplacementChar {
			return ' '
		}
		return r
	}, text)
	line := []rune(strings.Join(strings.Fields(text), " "))
	if len(line) > maxExcerpt {
		line = append(line[:maxExcerpt], '…')
	}
	return string(line)
}
