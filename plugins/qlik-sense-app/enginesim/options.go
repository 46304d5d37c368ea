package enginesim

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/google/uuid"
)

// Options are what a simulator is made from. Dir is needed.
type Options struct {
	// Dir is where the certificates are, made when they are missing or run out.
	Dir string

	// Listen is the address to listen on. Default 127.0.0.1:0.
	Listen string

	// Hosts are the names and IP addresses the server certificate is good for.
	// Default localhost, 127.0.0.1 and ::1.
	Hosts []string

	// Apps are what the site has; nil for DefaultApps.
	Apps []App

	// ReloadTime is how long a reload takes of an app that does not say so itself.
	// Default 2 s.
	ReloadTime time.Duration

	// Log gets a line for each call; nil for none.
	Log *slog.Logger
}

func (o Options) withDefaults() Options {
	o.Listen = cmp.Or(o.Listen, "127.0.0.1:0")
	o.ReloadTime = cmp.Or(o.ReloadTime, 2*time.Second)
	if len(o.Hosts) == 0 {
		o.Hosts = []string{"localhost", "127.0.0.1", "::1"}
	}
	if o.Apps == nil {
		o.Apps = DefaultApps()
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}

func (o Options) check() error {
	var problems []error
	if o.Dir == "" {
		problems = append(problems, errors.New("it has no directory for certificates"))
	}
	if o.ReloadTime < 0 {
		problems = append(problems, errors.New("a time is below 0"))
	}
	seen := map[string]bool{}
	for _, a := range o.Apps {
		if _, err := uuid.Parse(a.ID); err != nil {
			problems = append(problems, fmt.Errorf("the id %q of app %q is no GUID", a.ID, a.Name))
		}
		if seen[a.ID] {
			problems = append(problems, fmt.Errorf("the id %q is that of two apps", a.ID))
		}
		seen[a.ID] = true
	}
	return errors.Join(problems...)
}
