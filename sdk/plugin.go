package sdk

import (
	"errors"
	"fmt"
	"regexp"

	"butlerd/sdk/schema"
)

// Plugin is all there is to say about a plugin.
type Plugin struct {
	// Name is the label of the plugin block: lower-case letters, digits and
	// dashes, a letter first, at most 64 bytes.
	Name string
	// Version is the plugin's own, for people and logs. Default: "dev".
	Version string
	// Doc says in a sentence or two what the plugin is for.
	Doc string
	// Configure takes the config block of the plugin block. The zero value
	// means that there is nothing to configure.
	Configure Configure
	// Actions are what the plugin can do: at least one, each type once.
	Actions []Action
}

var plainName = regexp.MustCompile(`^[a-z][a-z0-9-]{0,63}$`)

// check finds the author's mistakes, all of them, before anything is served.
func (p *Plugin) check() error {
	var errs []error
	if !plainName.MatchString(p.Name) {
		errs = append(errs, fmt.Errorf("name %q must be lower-case letters, digits and dashes, a letter first", p.Name))
	}
	errs = append(errs, checkDoc(p.Doc))
	if err := p.Configure.err; err != nil {
		errs = append(errs, fmt.Errorf("configuration: %w", err))
	}
	if len(p.Actions) == 0 {
		errs = append(errs, errors.New("it has no actions"))
	}
	taken := make(map[string]bool)
	for _, a := range p.Actions {
		if err := a.check(); err != nil {
			errs = append(errs, fmt.Errorf("action %q: %w", a.typ, err))
		}
		if taken[a.typ] {
			errs = append(errs, fmt.Errorf("action %q is there twice", a.typ))
		}
		taken[a.typ] = true
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("plugin %q: %w", p.Name, err)
	}
	return nil
}

func checkDoc(text string) error {
	if len(text) > schema.MaxDocLen {
		return fmt.Errorf("its doc text is longer than %d bytes", schema.MaxDocLen)
	}
	return nil
}
