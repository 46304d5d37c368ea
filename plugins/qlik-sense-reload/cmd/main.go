// Command qlik-sense-reload is the bundled plugin as an executable of its own:
// an installation can take a newer one than its butlerd brings along. By hand
// it prints what it takes.
package main

import (
	reload "butlerd/plugins/qlik-sense-reload"
	"butlerd/sdk"
)

func main() {
	sdk.Serve(reload.Plugin())
}
