// Package loadscripts_test plays what load scripts send, and the subs of this
// directory, to a real program with simulators of all that it talks to. It is not for
// Qlik's language: what runs the scripts here knows only what they need of it.
package loadscripts_test

import "testing"

// TestLoadScripts has one program for all its parts, one after the other: a start takes
// longer than all of them.
func TestLoadScripts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	t.Run("connections", func(t *testing.T) { testConnections(t, w) })
	t.Run("requests", func(t *testing.T) { testRequests(t, w) })
	t.Run("subs", func(t *testing.T) { testSubs(t, w) })
	t.Run("refusals", func(t *testing.T) { testRefusal(t, w) })
	t.Run("chain", func(t *testing.T) { testChain(t, w) })
}
