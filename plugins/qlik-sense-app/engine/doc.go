// Package engine is a client of the Qlik associative engine of client-managed
// Qlik Sense: JSON-RPC 2.0 over a WebSocket, with a client certificate and the
// user in a header. A [Conn] is one session, for one piece of work.
//
// It knows the protocol and which of its errors mean what; it is no model of the
// engine's API. Each caller names the methods that it needs, as Qlik documents
// them: https://qlik.dev/apis/json-rpc/qix/.
//
// # What happened when a connection breaks
//
// A request whose error wraps [ErrNotSent] certainly did not reach the engine.
// After any other error that is no [Refusal] it may have, and may have had its
// effect.
package engine
