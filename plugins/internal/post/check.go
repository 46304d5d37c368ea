package post

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"
)

// The bounds of a timeout that is configured.
const (
	minTimeout = time.Second
	maxTimeout = 10 * time.Minute
)

// CheckTimeout says what is wrong with a configured timeout.
func CheckTimeout(d time.Duration) error {
	if d < minTimeout || d > maxTimeout {
		return errors.New("must be between 1s and 10m")
	}
	return nil
}

// CheckAddress says what is wrong with the address of a service, without telling
// it.
func CheckAddress(text string) error {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") {
		return errors.New("must be an address that begins with https:// or http://")
	}
	if u.Fragment != "" {
		return errors.New("must be an address without a # part, which is never sent")
	}
	return nil
}

// CheckHeader says what is wrong with a header that is configured, without
// telling its value.
func CheckHeader(name, value string) error {
	switch {
	case name == "" || strings.ContainsFunc(name, noTokenRune):
		return fmt.Errorf("%q is not the name of an HTTP header", name)
	case strings.ContainsFunc(value, noValueRune):
		return errors.New("must be text without control characters")
	}
	return nil
}

// noTokenRune is true of what cannot stand in a header's name (RFC 9110, 5.6.2).
func noTokenRune(r rune) bool {
	letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
	return !letter && !strings.ContainsRune("!#$%&'*+-.^_`|~", r)
}

func noValueRune(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }
