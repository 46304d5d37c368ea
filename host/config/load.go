package config

// Load reads and evaluates the configuration. It starts no process and opens no
// port.
//
// With errors in what comes before the schedules the Config is nil. With errors
// in schedules it is not, and Schedules still finds what else is wrong with
// them; such a Config must not be put to use.
func Load(o Options) (*Config, Diagnostics) { return nil, nil }
