// Package api answers HTTP: the Butler scheduler API below /v4, so that what
// calls Butler today can call butlerd unchanged, and butlerd's own below /api/v1,
// described by openapi.yaml.
//
// A request is one handler: it reads and checks what was sent, asks the registry,
// the dispatcher or the ledger through a small interface, and writes the answer.
// Refusals are faults (fault.go); one place turns them into Butler's error object
// or a problem document.
//
// The package decides nothing about schedules and runs, keeps no state of its own
// but how many requests each client made within a minute, and knows no store, no plugin process and no configuration file. Requests
// are not authenticated: who may connect is decided by the address that the host
// listens on.
package api
