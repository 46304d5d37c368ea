// Package config turns HCL files into an evaluated configuration whose every
// part knows where it was written.
//
// [Load] reads the files and evaluates all that needs no plugin: the host, the
// store, how plugins are started, when schedules fire, and what is done when a run
// is late, fails or ends. [Plugin.Decode] and [Config.Schedules] then type the blocks
// whose shape a plugin publishes.
// What is wrong comes back as [Diagnostics], several at once, each with file,
// line and the lines of source; a stage is not run on input that an earlier
// stage refused.
//
// # Secrets
//
// What env() read, what a variable declares sensitive, what a plugin's schema
// declares sensitive, and all that is derived from such values, is secret. A
// secret is taken in config and action blocks, in a plugin's env and in the url of
// a store, and there only: every other attribute is shown somewhere and refuses
// it, unless it is wrapped in nonsensitive(). Secrets appear in no diagnostic and
// in no [schedule.Definition].
//
// # Relative paths
//
// The argument of file(), path and dir of a plugin, ics of a calendar, the
// certificates of a store, and the directories of the api block are relative to the file that says so; data_dir and the path of a store
// to the working directory. Text inside config and action blocks is the plugin's own business:
// what it takes for a path is relative to the working directory of the host,
// unless it starts with ${path.dir}, the directory of the file, or
// ${path.data}, the data directory.
//
// # Several hosts
//
// Hosts that share a store should have the same files. What is each host's own,
// its name say, comes from options and variables, and [Config.SharedHash] is equal
// where the rest is.
//
// # What it is not for
//
// It starts no process, opens no port and keeps nothing: comparing an old with
// a new configuration, and acting on it, is the host's. No type of the HCL
// library appears in its API.
package config
