// Package schedule knows when schedules are due.
//
// A [Definition] is what a schedule declares, as plain data. A [Spec] is all that
// says when it fires: Parse reads one cron expression strictly, Compile a whole
// [Timing], Next steps it, Describe and Warnings explain it, Trace and Mark explain
// an instant. An [Engine] holds many specs by schedule id and hands out, in batches,
// the instants that have come. CatchUp and Retry answer for one firing or attempt.
//
// # Which instants there are
//
// The instants of all cron lines and the single ones together, within starts_at and
// ends_at. Calendars are asked for what the clock shows at each; what they do not
// allow is no instant, or moves to another day. Where calendars have a say, Next
// looks 40 years ahead, or 5 when instants move, and then finds none. Jitter changes
// no instant, only when it is handed out.
//
// # What fires when the clock changes
//
// Every change of a zone's offset counts, whatever its size or reason. An
// expression whose hour field covers all 24 hours is an every-hour one, any
// other is limited to some hours.
//
//   - A wall-clock time that exists once fires at that instant.
//   - One that is skipped fires, if the hours are limited, at the first instant
//     after the gap; several skipped times are one firing. An every-hour
//     expression does not make it up.
//   - One that comes twice fires the first time only if the hours are limited,
//     and both times in an every-hour expression.
//   - "@every d" is elapsed time, in multiples of d since
//     1970-01-01T00:00:00Z, and does not see the clock on the wall.
//
// # What it is not for
//
// The package does no I/O apart from loading time zones, keeps nothing across
// restarts and runs nothing: whether a firing is claimed, skipped or late is
// for the dispatcher to decide. It never repairs an expression: what is unclear
// is refused with a message that says what to write instead.
package schedule
