package newrelic

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"butlerd/sdk"
)

// Limits of New Relic's on attributes, in characters and in number
// (https://docs.newrelic.com/docs/data-apis/custom-data/custom-events/data-requirements-limits-custom-event-data/,
// https://docs.newrelic.com/docs/data-apis/ingest-apis/metric-api/metric-api-limits-restricted-attributes/).
// It drops what is beyond them without a word, so they are checked here.
const (
	maxName             = 255
	maxValue            = 4096
	maxEventAttributes  = 254
	maxMetricAttributes = 150
)

// eventMembers are the members of an event that are no attributes.
var eventMembers = []string{"eventType", "timestamp"}

// checkAttributes says what is wrong with each attribute, at its key.
func checkAttributes(attributes map[string]string, taken []string) error {
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		errs = append(errs, sdk.At(checkAttribute(name, attributes[name], taken), name))
	}
	return errors.Join(errs...)
}

func checkAttribute(name, value string, taken []string) error {
	switch {
	case strings.TrimSpace(name) == "":
		return errors.New("an attribute must have a name")
	case utf8.RuneCountInString(name) > maxName:
		return fmt.Errorf("an attribute's name must not be longer than %d characters", maxName)
	case utf8.RuneCountInString(value) > maxValue:
		return fmt.Errorf("must not be longer than %d characters", maxValue)
	case slices.Contains(taken, name):
		return fmt.Errorf("%s cannot be an attribute of an event, which has a member of that name", name)
	}
	return nil
}

// merge gives the attributes of the configuration and those of one event or
// metric, which win.
func (a *account) merge(given map[string]string, limit int) (map[string]string, error) {
	all := make(map[string]string, len(a.Attributes)+len(given))
	maps.Copy(all, a.Attributes)
	maps.Copy(all, given)
	if len(all) > limit {
		return nil, sdk.Permanent(sdk.At(fmt.Errorf("there are %d, with those of the configuration; New Relic keeps %d", len(all), limit), "attributes"))
	}
	return all, nil
}
