// Package storetest holds an engine of package store to its contract: Run tests
// each sentence of it, RunShared what several hosts do to one ledger at once, and
// Bench measures what the budgets are about.
//
// It is for the tests of engines. It knows nothing of how an engine works, and
// what only one engine can do, such as being killed, is tested beside it.
package storetest

import (
	"slices"
	"testing"

	"butlerd/host/store"
)

// Opener opens one ledger: the first call makes it, and each later call finds
// what was written before. The store of the call before is closed by then.
type Opener func(t testing.TB) store.Store

// Case is one thing that the contract says.
type Case struct {
	Name    string // a part of a sentence
	Reopens bool   // it opens the ledger more than once
	Large   bool   // it writes thousands of rows
	test    func(*fixture)
}

// Cases returns all cases, for engines that need a frame around each; others
// use Run.
func Cases() []Case {
	return slices.Concat(
		changeCases(), versionCases(),
		claimCases(), ruleCases(), firingCases(),
		triggerCases(), workCases(), takeCases(), attemptCases(), endCases(), logCases(),
		hostCases(), fenceCases(), archiveCases(), moveCases(),
		runsCases(), textCases(), closeCases(),
		overlapCases(), poolCases(), retryCases(), lostCases(), lookCases(), waitCases(), followCases(),
		holdCases(), settlementCases(), sealCases(), pruneCases(),
		keyValueCases(), keyValueLimitCases(),
	)
}

// Test runs the case on a ledger that is empty, which newOpener gives at each
// call. It makes no subtests, so that it can run in a bubble of testing/synctest.
func (c Case) Test(t *testing.T, newOpener func(t testing.TB) Opener) {
	t.Helper()
	c.test(newFixture(t, newOpener))
}

// Run tests an engine. newOpener is called for each case and gives a ledger that
// is empty.
func Run(t *testing.T, newOpener func(t testing.TB) Opener) {
	t.Helper()
	for _, c := range Cases() {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			c.Test(t, newOpener)
		})
	}
}
