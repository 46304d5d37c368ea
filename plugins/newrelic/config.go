package newrelic

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"butlerd/plugins/internal/post"
	"butlerd/sdk"
)

// Config is the config block of the plugin.
type Config struct {
	AccountID  string            `hcl:"account_id" doc:"number of the account, as New Relic shows it"`
	InsertKey  string            `hcl:"insert_key" sensitive:"true" doc:"a license key of the account, or an insert key of the older kind"`
	EventsURL  string            `hcl:"events_url" default:"https://insights-collector.newrelic.com" doc:"where events go; /v1/accounts/…/events is added. For accounts in the EU: https://insights-collector.eu01.nr-data.net"`
	MetricsURL string            `hcl:"metrics_url" default:"https://metric-api.newrelic.com/metric/v1" doc:"where metrics go. For accounts in the EU: https://metric-api.eu.newrelic.com/metric/v1"`
	Attributes map[string]string `hcl:"attributes,optional" doc:"attributes that every event and metric gets; one of the same name that is given with an event or a metric wins"`
	Headers    map[string]string `hcl:"headers,optional" sensitive:"true" doc:"more HTTP headers for each request, such as a proxy in between may ask for"`
	Timeout    time.Duration     `hcl:"timeout" default:"10s" doc:"how long a request may take, connecting included; 1s to 10m"`
}

// Validate tells all that is wrong, without a key or the value of a header.
func (c *Config) Validate() error {
	errs := []error{
		sdk.At(checkNumber(c.AccountID), "account_id"),
		sdk.At(checkKey(c.InsertKey), "insert_key"),
		sdk.At(post.CheckAddress(c.EventsURL), "events_url"),
		sdk.At(post.CheckAddress(c.MetricsURL), "metrics_url"),
		sdk.At(checkAttributes(c.Attributes, eventMembers), "attributes"),
		sdk.At(post.CheckTimeout(c.Timeout), "timeout"),
	}
	for _, name := range slices.Sorted(maps.Keys(c.Headers)) {
		errs = append(errs, sdk.At(checkHeader(name, c.Headers[name]), "headers", name))
	}
	return errors.Join(errs...)
}

func checkNumber(text string) error {
	if text == "" || len(text) > 20 || strings.ContainsFunc(text, func(r rune) bool { return r < '0' || r > '9' }) {
		return errors.New("must be the number of an account")
	}
	return nil
}

func checkKey(text string) error {
	if text == "" || post.CheckHeader("Api-Key", text) != nil {
		return errors.New("must be a key, without spaces or line ends around it")
	}
	return nil
}

// reserved are the headers that are the plugin's own, in canonical form, and one
// that net/http takes from elsewhere.
var reserved = []string{"Api-Key", "Content-Type", "Content-Length", "Host"}

func checkHeader(name, value string) error {
	if canonical := http.CanonicalHeaderKey(name); slices.Contains(reserved, canonical) {
		return fmt.Errorf("%s cannot be set here", canonical)
	}
	return post.CheckHeader(name, value)
}

// secrets are what New Relic, or a proxy, might echo.
func (c *Config) secrets() []string {
	list := []string{c.InsertKey}
	list = append(list, slices.Sorted(maps.Values(c.Headers))...)
	for _, address := range []string{c.EventsURL, c.MetricsURL} {
		list = append(list, post.AddressPasswords(address)...)
	}
	return list
}
