package schedule

import (
	"fmt"
	"regexp"
	"strings"
	"time"
	_ "time/tzdata" // a bare container or Windows machine has no zone files
)

// maxZone is the length in bytes allowed for the name of a time zone. The
// longest IANA name has 32.
const maxZone = 64

// zoneName is the form of all IANA names. It keeps out what [time.LoadLocation]
// takes besides: paths, posixrules, localtime, posix/ and right/. A file system
// that ignores case would otherwise also load "europe/london".
var zoneName = regexp.MustCompile(`^[A-Z][A-Za-z0-9_+-]*(/[A-Z][A-Za-z0-9_+-]*)*$`)

// LoadZone returns the time zone with the given IANA name, as schedules may have it.
func LoadZone(name string) (*time.Location, error) { return loadZone(name) }

// loadZone returns the time zone with the given IANA name. "Local" means
// another zone on each machine and "Factory" is no zone at all, so both are
// refused. The error is a *ParseError.
func loadZone(name string) (*time.Location, error) {
	switch {
	case name == "":
		return nil, zoneError("the time zone is missing; use an IANA name such as Europe/Stockholm")
	case len(name) > maxZone:
		return nil, zoneError(fmt.Sprintf("the time zone is longer than %d bytes; use an IANA name such as Europe/Stockholm", maxZone))
	case name == "Local", name == "Factory", !zoneName.MatchString(name):
		return nil, unknownZone(name)
	}
	loc, err := time.LoadLocation(strings.Clone(name)) // the zone keeps its name
	if err != nil {
		return nil, unknownZone(name)
	}
	return loc, nil
}

func unknownZone(name string) error {
	return zoneError(fmt.Sprintf("unknown time zone %q; use an IANA name such as Europe/Stockholm", name))
}

func zoneError(reason string) error {
	return &ParseError{Reason: reason, Zone: true}
}
