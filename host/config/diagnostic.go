package config

import (
	"errors"
	"fmt"
	"strings"

	"butlerd/sdk/schema"
)

// Position is a place in a file.
type Position struct {
	Line   int `json:"line"`   // from 1
	Column int `json:"column"` // from 1, in characters as people see them
	Byte   int `json:"byte"`   // from 0
}

// Diagnostic is one thing wrong with a configuration, or odd about it. Its JSON
// is the shape in which all of butlerd reports configuration problems. It never
// quotes a secret.
type Diagnostic struct {
	Severity schema.Severity `json:"severity"`
	Summary  string          `json:"summary"`           // a few words, no full stop
	Detail   string          `json:"detail,omitempty"`  // sentences; what would be right
	File     string          `json:"file,omitempty"`    // empty: it has no place
	Start    Position        `json:"start,omitzero"`    // first character of what is wrong
	End      Position        `json:"end,omitzero"`      // first character after it
	Snippet  string          `json:"snippet,omitempty"` // the source from line Start on; literal secrets masked
	Context  string          `json:"context,omitempty"` // the block, and the key of its for_each
	Path     string          `json:"path,omitempty"`    // of the value in its block (tls.ca, hosts[1]), where known
}

// Place is where the diagnostic points: config.hcl:12, or nothing.
func (d Diagnostic) Place() string {
	if d.File == "" {
		return ""
	}
	return fmt.Sprintf("%s:%d", d.File, d.Start.Line)
}

// String is the diagnostic on one line.
func (d Diagnostic) String() string {
	var b strings.Builder
	if place := d.Place(); place != "" {
		b.WriteString(place + ": ")
	}
	b.WriteString(d.Summary)
	if d.Detail != "" {
		b.WriteString("; " + d.Detail)
	}
	return b.String()
}

// Diagnostics are in the order of the files, those without a place first.
type Diagnostics []Diagnostic

// HasErrors tells whether one of them is an error.
func (ds Diagnostics) HasErrors() bool {
	for _, d := range ds {
		if d.Severity == schema.Error {
			return true
		}
	}
	return false
}

// Err joins the errors, one line for each; nil when there are only warnings.
func (ds Diagnostics) Err() error {
	var errs []error
	for _, d := range ds {
		if d.Severity == schema.Error {
			errs = append(errs, errors.New(d.String()))
		}
	}
	return errors.Join(errs...)
}

// Unplaced makes a diagnostic of what has no place in a file.
func Unplaced(d schema.Diagnostic) Diagnostic {
	return Diagnostic{Severity: d.Severity, Summary: d.Summary, Detail: d.Detail, Path: d.Path.String()}
}
