// Package plugin runs plugins: it launches their processes, supervises and
// restarts them, and calls what they offer (Describe, Configure, Validate,
// Execute).
//
// A Plugin lives as long as its declaration; a process is one life of it. There
// are two ways to run one, and one client for both: a process of its own through
// hashicorp/go-plugin, be it a custom executable or the host's own binary
// serving a bundled plugin, and an in-process server over a pipe, for tests in
// virtual time.
//
// A process that a plugin leaves behind is ended with the plugin's group; one that
// has left that group is nobody's child. In a container, where the host is process
// 1, an init reaps those (docker run --init); the host does not.
//
// The package does not know schedules, reads no configuration file and writes no
// ledger: package dispatch decides what to execute and what an ending means for
// a run. It is the only package of the host that imports go-plugin.
package plugin
