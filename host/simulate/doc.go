// Package simulate plays the firings of an interval without running anything: how
// busy plugins and pools are, what collides, what would wait and for how long, what
// would be skipped or given up, which firings a clock change shapes, and which hours
// have room.
//
// It takes the rules of admission as package dispatch applies them (overlap, queue
// limits, pools, slots, priorities, jitter, longest waits) and one duration for all
// runs of a schedule. Failures, retries and outages it knows nothing of: it tells
// what a plan asks for, not what a day may bring.
//
// The same input gives the same report.
package simulate
