// Package postgres is the engine of package store for several hosts that share
// the work: one PostgreSQL database, whose transactions do all the coordination.
//
// A firing is claimed by inserting its row. What a host writes is fenced by its
// row in the table hosts, which a host that takes over locks first. LISTEN and
// NOTIFY wake hosts up; what they miss, a poll finds. The schema, and the meaning
// of each table and column, is in migrations; why it is so is in DESIGN.md.
//
// It decides no policy; what the claiming transaction decides is said at
// store.Claim. It needs no extension and no superuser.
package postgres
