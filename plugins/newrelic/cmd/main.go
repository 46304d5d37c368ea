// Command newrelic is the bundled plugin as an executable of its own: an installation
// can take a newer one than its butlerd brings along. By hand it prints what it
// takes.
package main

import (
	"butlerd/plugins/newrelic"
	"butlerd/sdk"
)

func main() {
	sdk.Serve(newrelic.Plugin())
}
