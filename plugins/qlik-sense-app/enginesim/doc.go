// Package enginesim simulates the Qlik associative engine: the part of its JSON-RPC
// over WebSocket that opens, reloads, saves and reads apps, over TLS with client
// certificates.
//
// It is for trying butlerd without a Qlik Sense site, and for tests, which see from
// the receiving side what was called. It runs no load script: a reload takes the
// time and has the end that its app says. It keeps nothing on disk but its
// certificates, which may be those of a simulated repository service: give both
// the same directory.
//
// What can go wrong with a network or the engine goes wrong on demand, by
// [Simulator.Inject].
package enginesim
