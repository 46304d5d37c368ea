// Package qrs is a client of the Qlik Sense Repository Service, as far as tasks
// are concerned: finding, starting and stopping them, and reading how their
// executions go.
//
// It makes requests and reads answers; it knows when a request may have taken
// effect without an answer. It does not wait, poll or try again: what an error
// means for a run is decided by its caller.
//
// Nothing of what is read is trusted: answers are bounded, redirects are not
// followed, and an error quotes the beginning of an answer that was not expected,
// without secrets.
package qrs
