package exec

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"butlerd/sdk"
)

// Config is the config block of the plugin.
type Config struct {
	Allow      []string  `hcl:"allow,optional" doc:"absolute paths of the programs that may be run; left out: all. To allow a shell or an interpreter is to allow everything"`
	InheritEnv *[]string `hcl:"inherit_env" doc:"names of environment variables that programs get from the plugin's process; left out: what programs need to run at all (PATH, HOME, USER, LANG, LC_ALL, TZ, TMPDIR and the like). The plugin's process has few others itself, unless its plugin block sets them"`
}

// needed are the variables that programs get when nothing else is said. Those
// that Windows needs to start programs are among them.
var needed = []string{
	"PATH", "HOME", "USER", "LANG", "LC_ALL", "TZ", "TMPDIR",
	"SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC", "PATHEXT", "TEMP", "TMP",
	"USERPROFILE", "APPDATA", "LOCALAPPDATA", "PROGRAMDATA",
}

// Validate tells all that is wrong.
func (c *Config) Validate() error {
	var errs []error
	for i, path := range c.Allow {
		if !filepath.IsAbs(path) {
			errs = append(errs, sdk.At(errors.New("must be an absolute path"), "allow", i))
		}
	}
	for i, name := range c.names() {
		errs = append(errs, sdk.At(checkVariable(name), "inherit_env", i))
	}
	return errors.Join(errs...)
}

func checkVariable(name string) error {
	if name == "" || strings.ContainsAny(name, "=\x00") {
		return fmt.Errorf("%q cannot be the name of an environment variable", name)
	}
	return nil
}

func (c *Config) names() []string {
	if c.InheritEnv == nil {
		return needed
	}
	return *c.InheritEnv
}

// environ is the environment of a program: what it inherits, and what is set,
// which wins.
func (c *Config) environ(set map[string]string) []string {
	env := []string{}
	for _, name := range c.names() {
		if value, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+value)
		}
	}
	for name, value := range set { // of a name that is there twice os/exec takes the last
		env = append(env, name+"="+value)
	}
	return env
}

// allows says whether the program at that absolute path may be run. Paths are
// compared as they are written: a link that is allowed leads where it leads.
func (c *Config) allows(path string) bool {
	return len(c.Allow) == 0 || slices.ContainsFunc(c.Allow, func(allowed string) bool {
		allowed, path := filepath.Clean(allowed), filepath.Clean(path)
		return allowed == path || runtime.GOOS == "windows" && strings.EqualFold(allowed, path)
	})
}
