// Package host is one butlerd process as a value: New, Start, Stop, Reload,
// Addr. It wires the packages below it and owns the order in which they start
// and stop; what each part does is said there.
//
// # The life of a firing
//
//   - config reads the files; plugin runs the plugins they name, whose schemas
//     type the arguments; registry holds the schedules in force.
//   - schedule.Engine knows what is due next and hands instants, as they come, to
//     dispatch.Dispatcher.Fire.
//   - Fire claims them in the store, in one transaction with their admission and
//     with the start of the first attempt of those that have a slot free. Where
//     several hosts share the store, one of them wins each.
//   - A run without a slot waits in the ledger until a host takes it.
//   - The attempt's arguments are made, and plugin.Plugin.Execute calls the plugin;
//     what it logs and prints is kept with the run.
//   - run.Ending.Settle says how the attempt ended, and the store records it; the run
//     ends with it, or waits for another attempt.
//   - api shows all of it; telemetry counts it; the log has a line for each firing
//     and each run's end.
//
// A host acts under a lease of the store, which package lease keeps. As it joins,
// what hosts that are gone left open is settled: what they executed is lost, or looked
// for, or tried again; dispatch.Recovery records instants slept through as missed, or
// has them caught up; and what waited is taken. Only then something fires.
package host
