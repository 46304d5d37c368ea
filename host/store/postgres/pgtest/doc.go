// Package pgtest gives tests a real PostgreSQL of their own: one that can be
// stopped, killed, paused, failed over and cut off at any moment.
//
// Start makes a server in a temporary directory, Shared one for all tests of a
// process. In front of a server stand a pooler (Bouncer) and a Proxy that loses
// connections on demand. Without PostgreSQL's programs a test is skipped; with
// CI=true it fails, so that nothing is left out unseen.
//
// It is for tests only, and knows nothing of what they keep in the database.
package pgtest
