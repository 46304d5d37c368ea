// Package plugins is the list of the plugins that come with butlerd.
//
// It is for the command, which hands the list to the host and serves its
// members; the host itself imports no plugin. Other plugins are not listed
// anywhere: a configuration names them.
package plugins

import (
	"butlerd/plugins/exec"
	"butlerd/plugins/mqtt"
	"butlerd/plugins/newrelic"
	app "butlerd/plugins/qlik-sense-app"
	reload "butlerd/plugins/qlik-sense-reload"
	"butlerd/plugins/slack"
	"butlerd/sdk"
)

// Bundled are the plugins that need no file of their own, by name. A function
// makes its plugin anew each time, with no configuration.
func Bundled() map[string]func() sdk.Plugin {
	return map[string]func() sdk.Plugin{
		app.Name:      app.Plugin,
		exec.Name:     exec.Plugin,
		mqtt.Name:     mqtt.Plugin,
		newrelic.Name: newrelic.Plugin,
		reload.Name:   reload.Plugin,
		slack.Name:    slack.Plugin,
	}
}
