package config

// Limits on what Load reads.
const (
	MaxFile      = 4 << 20  // bytes of one configuration file
	MaxTotal     = 64 << 20 // bytes of all of them
	MaxInclude   = 1 << 20  // bytes of one file read by file()
	MaxSchedules = 100_000  // after for_each
)

// Options says what to load, and what overrides it.
type Options struct {
	// Paths are files and directories. Of a directory all *.hcl and *.hcl.json
	// in it are read, in the order of their names, without what editors leave
	// behind. The order has no meaning but in messages.
	Paths []string
	// Vars are values of variables, as given on the command line. They win over
	// the environment (BUTLERD_VAR_name), which wins over the default.
	Vars map[string]string
	// Env reads the environment; nil: it is empty.
	Env func(name string) (string, bool)
	// Listen and DataDir override the attributes of the host block; empty: they
	// do not.
	Listen  string
	DataDir string
	// Hostname names the host when its block does not; empty: os.Hostname does.
	Hostname string
	// Bundled are the names of the plugins that need no path. Nil: it is not
	// checked that a plugin without a path is one of them.
	Bundled []string
}

func (o Options) env(name string) (string, bool) {
	if o.Env == nil {
		return "", false
	}
	return o.Env(name)
}
