package plugins_test

import (
	"testing"

	"butlerd/plugins"
	"butlerd/sdk"
)

func TestBundledPluginsAreServable(t *testing.T) {
	t.Parallel()
	if len(plugins.Bundled()) == 0 {
		t.Fatal("there are none")
	}
	for name, make := range plugins.Bundled() {
		plugin := make()
		if plugin.Name != name {
			t.Errorf("%q is listed as %q", plugin.Name, name)
		}
		if _, err := sdk.NewServer(plugin); err != nil {
			t.Error(err)
		}
	}
}
