// Package sqlite is the embedded engine of package store: one SQLite file for
// one host.
//
// All writes go through one goroutine, which puts everything that waits into
// one transaction, so that a burst costs a handful of fsyncs instead of one for
// each write. Reads have connections of their own and never wait for a write.
// The schema, and the meaning of each table and column, is in migrations.
//
// It is not for several hosts: a lock file beside the database keeps a second
// one out, and the host that joins ends the lease of the one before it, see
// DESIGN.md. It decides no policy; what the claiming transaction decides is said
// at store.Claim.
package sqlite
