package sdk

import (
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/hashicorp/go-hclog"
	goplugin "github.com/hashicorp/go-plugin"

	"butlerd/sdk/handshake"
)

// drainLimit is how long actions may clean up after the host has said stop or
// is gone. go-plugin's host kills the process after 2 seconds.
const drainLimit = 1500 * time.Millisecond

// Serve is the main of a plugin. Started by a host it serves p and returns
// when the host stops it or is gone, after actions that still run had 1.5
// seconds to clean up. When the host holds a lease that is not renewed in time,
// and actions do not end by that, it ends the process. Started by hand it prints
// what the plugin is and how to declare it, with the arguments "describe --json"
// the same as data. A mistake in p ends the process with a message and status 2.
func Serve(p Plugin) {
	hosted := os.Getenv(handshake.CookieKey) == handshake.CookieValue
	if code := serve(p, hosted, os.Args[1:], os.Stdout, os.Stderr); code != 0 {
		os.Exit(code)
	}
}

// serve looks at args only by hand: a host may start a plugin with any.
func serve(p Plugin, hosted bool, args []string, stdout, stderr io.Writer) int {
	s, err := newServer(p)
	if err != nil {
		fmt.Fprintln(stderr, err)
		return 2
	}
	switch {
	case hosted:
		serveHost(s)
		return 0
	case slices.Equal(args, []string{"describe", "--json"}):
		err = printJSON(stdout, p)
	default:
		err = printHelp(stdout, p, ownPath(p))
	}
	if err != nil {
		fmt.Fprintln(stderr, err)
		return 1
	}
	return 0
}

// ownPath is what to write in a configuration for this program.
func ownPath(p Plugin) string {
	path, err := os.Executable()
	if err != nil {
		return "/path/to/" + p.Name
	}
	return path
}

// serveHost takes over the process: go-plugin replaces os.Stdout and
// os.Stderr, so the logger must be made before, and the last words go to the
// former.
func serveHost(s *server) {
	stderr := os.Stderr
	s.attempts.exit = func(why string) { exitNow(stderr, s.describe.GetName(), why) }
	logger := hclog.New(&hclog.LoggerOptions{
		Name:       s.describe.GetName(),
		Level:      hclog.Info,
		Output:     os.Stderr,
		JSONFormat: true,
	})
	goplugin.Serve(&goplugin.ServeConfig{
		HandshakeConfig:  handshake.Config(),
		VersionedPlugins: handshake.Versions(s),
		GRPCServer:       newGRPCServer,
		Logger:           logger,
	})
	s.attempts.wait(drainLimit)
}
