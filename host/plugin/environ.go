package plugin

import (
	"maps"
	"os"
	"slices"
)

// inherited are the variables of the host's environment that a plugin gets:
// what a program needs to run at all, to trust certificates and to find a
// proxy. All others stay with the host, whose environment may hold secrets.
var inherited = []string{
	"PATH", "HOME", "USER", "LANG", "LC_ALL", "TZ", "TMPDIR",
	"SSL_CERT_FILE", "SSL_CERT_DIR",
	"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy",
	// Windows programs do not start, or find no sockets, without these.
	"SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC", "PATHEXT", "TEMP", "TMP",
	"USERPROFILE", "APPDATA", "LOCALAPPDATA", "PROGRAMDATA",
	// go-plugin listens on TCP on Windows, and a firewall may fix the ports.
	"PLUGIN_MIN_PORT", "PLUGIN_MAX_PORT",
}

// environ builds the environment of a plugin's process. What the declaration
// sets wins over what is inherited.
func environ(set map[string]string) []string {
	env := make(map[string]string, len(inherited)+len(set))
	for _, name := range inherited {
		if value, ok := os.LookupEnv(name); ok {
			env[name] = value
		}
	}
	maps.Copy(env, set)
	list := make([]string, 0, len(env))
	for _, name := range slices.Sorted(maps.Keys(env)) {
		list = append(list, name+"="+env[name])
	}
	return list
}
