// Package sdktest is for the tests of plugins, on three levels with the same
// plugin value:
//
//   - Run calls one action in the test's goroutine, and Query asks one query, for
//     unit tests;
//   - Serve puts the plugin behind a gRPC connection in memory, for the wire;
//     it works inside a testing/synctest bubble, where hours take no time;
//   - Exec starts a built binary as a host does.
//
// Conformance holds what Serve or Exec gave against the contract; it does so
// for plugins in any language.
//
// The package takes arguments as JSON, as they travel. It reads no HCL.
package sdktest
