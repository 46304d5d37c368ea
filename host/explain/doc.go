// Package explain says of one instant of one schedule, be it past or future, why it is
// a firing or none, and what became of it: one trace, from the cron line to the last
// attempt.
//
// It reads the ledger and decides nothing. Whether the ledger is right is for package
// audit to say.
package explain
