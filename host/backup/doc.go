// Package backup writes a whole ledger to a file, and reads it back into an empty
// store, of whichever engine.
//
// A backup is a text file compressed with gzip, one JSON document in each line: a
// header, the records of the ledger in the order of store.Archive, and a trailer
// with their number and a digest. It is taken from one consistent state while hosts
// go on working. A file without a trailer, or with another digest, is not restored:
// the copy was broken off, or something has changed it.
//
// The package knows nothing of where files are, and of who may read them.
package backup
