package api

import (
	"fmt"
	"strings"
	"testing"
)

// scenario is a request with what is expected of its answer.
type scenario struct {
	name         string
	method, path string
	body         string
	header       []string // "Name: value"
	status       int
	says         []string // the body holds each
	hides        []string // the body holds none
	has          []string // headers, "Name: value"
}

// wrong says what is not as expected of an answer; empty for nothing.
func (s scenario) wrong(a answer) string {
	if a.Status != s.status {
		return fmt.Sprintf("status %d, not %d: %.500s", a.Status, s.status, a.Body)
	}
	var list []string
	for _, text := range s.says {
		if !strings.Contains(a.Body, text) {
			list = append(list, fmt.Sprintf("%s is not in %.1000s", text, a.Body))
		}
	}
	for _, text := range s.hides {
		if strings.Contains(a.Body, text) {
			list = append(list, fmt.Sprintf("%s is in %.1000s", text, a.Body))
		}
	}
	for _, line := range s.has {
		name, value, _ := strings.Cut(line, ": ")
		if got := a.Header.Get(name); got != value {
			list = append(list, fmt.Sprintf("header %s is %q, not %q", name, got, value))
		}
	}
	return strings.Join(list, "; ")
}

// play sends scenarios in order.
func (b *bundle) play(t *testing.T, list []scenario) {
	t.Helper()
	for _, s := range list {
		t.Run(s.name, func(t *testing.T) {
			if wrong := s.wrong(b.send(s.method, s.path, s.body, s.header...)); wrong != "" {
				t.Error(wrong)
			}
		})
	}
}
