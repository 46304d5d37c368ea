// Package shadow compares what schedules would have started with what Qlik Sense says
// was started, without starting anything: the proof, before butlerd takes over from
// another scheduler, that it would do the same.
//
// A [Plan] is what the configuration would do: schedules, their instants, the tasks
// they start. An [Observer] asks Qlik Sense at intervals which executions there were,
// and keeps the answers in a [Journal]; what was observed are facts, and say nothing of
// schedules. [Compare] holds one against the other, and [Judge] makes a [Report] of all
// that was observed. So a mistake that is mended in the configuration is judged at once
// by what was observed before.
//
// # Which start belongs to which instant
//
// A start belongs to the instant of its task around which it lies: not earlier than a
// quarter of the way to the one before, not later than three quarters of the way to the
// one after, and within the tolerance: starts come late rather than early. What is left
// over goes to the nearest instant without one. Clocks may differ by the tolerance.
//
// The package is not for running, stopping or starting schedules, nor for reading a
// configuration; package cutover switches from one scheduler to the other.
package shadow
