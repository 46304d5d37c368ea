package config

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"
)

// maxName is how many characters an id, a name or a tag may have.
const maxName = 200

// badName says what is wrong with an id or a name, or nothing. Names are free
// text.
func badName(name string) string {
	if strings.TrimSpace(name) == "" {
		return "must not be empty"
	}
	return badText(name)
}

// badText says what is wrong with a text that is shown on one line, or nothing. It
// may be empty, as the value of a label may be, and in Butler names and tags.
func badText(text string) string {
	switch {
	case utf8.RuneCountInString(text) > maxName:
		return "must not be longer than 200 characters"
	case strings.ContainsFunc(text, unicode.IsControl):
		return "must not contain control characters"
	}
	return ""
}

// sentence makes the text of an error fit to stand in a detail.
func sentence(err error) string {
	text := err.Error()
	first, n := utf8.DecodeRuneInString(text)
	return string(unicode.ToUpper(first)) + text[n:]
}

// atLeast checks that a duration is not shorter than the least.
func (m members) atLeast(content *hcl.BodyContent, name string, least time.Duration, fallback hcl.Range) hcl.Diagnostics {
	if _, set := m.get(name); !set || m.duration(name) >= least {
		return nil
	}
	return hcl.Diagnostics{wrong(written(content, name, fallback), "Duration too short", "%q must not be less than %s.", name, short(least))}
}

// between is atLeast with a limit on the other side too.
func (m members) between(content *hcl.BodyContent, name string, least, most time.Duration, fallback hcl.Range) hcl.Diagnostics {
	if m.duration(name) > most {
		return hcl.Diagnostics{wrong(written(content, name, fallback), "Duration too long", "%q must not be more than %s.", name, short(most))}
	}
	return m.atLeast(content, name, least, fallback)
}

// within is between for a whole number.
func (m members) within(content *hcl.BodyContent, name string, least, most int, fallback hcl.Range) hcl.Diagnostics {
	if _, set := m.get(name); !set || m.number(name) >= least && m.number(name) <= most {
		return nil
	}
	return hcl.Diagnostics{wrong(written(content, name, fallback), "Number out of range", "%q must be from %d to %d.", name, least, most)}
}
