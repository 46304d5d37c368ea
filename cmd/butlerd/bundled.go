package main

import (
	"maps"
	"os"
	"runtime"
	"slices"

	"butlerd/host"
	"butlerd/plugins"
	"butlerd/sdk"
)

// bundled are the plugins that come with the program. Each runs in a process of
// its own, started from this very binary.
func bundled() ([]host.Bundled, error) {
	self, err := executable()
	if err != nil {
		return nil, err
	}
	build := sdk.BuildID()
	var list []host.Bundled
	for _, name := range slices.Sorted(maps.Keys(plugins.Bundled())) {
		list = append(list, host.Bundled{Name: name, Command: []string{self, "plugin", "serve", name}, BuildID: build})
	}
	return list, nil
}

// executable is what to start for another process of this build. On Linux the
// kernel knows it even after the file was replaced by a newer one.
func executable() (string, error) {
	if runtime.GOOS == "linux" {
		return "/proc/self/exe", nil
	}
	return os.Executable()
}
