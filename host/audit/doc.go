// Package audit proves what the ledger says. [Verify] recomputes every nominal
// instant that a schedule owed and compares with what was settled, and a [Sealer]
// makes it evident when what was settled is changed later.
//
// It reads the ledger, and writes nothing but seals. Why one firing came out as it
// did is for package explain to say.
//
// # What a seal is over
//
// There is one seal for each day, in UTC. Its hash is the SHA-256, in lower-case
// hexadecimal, of these lines, each ended by a line feed:
//
//   - one line for each firing that was settled in the 24 hours from the day's
//     midnight, in the order of its schedule's id (by bytes of UTF-8), then of its
//     due time;
//   - the day as YYYY-MM-DD, a tab, and the hash of the seal before: nothing for
//     the first.
//
// A firing's line has eight fields with a tab between: schedule id, due time,
// version, outcome, reason, run id, hold id, and the time when it was settled. Times
// are in UTC with six digits after the second, as 2026-03-29T01:00:00.000000Z, the
// version is decimal, and what a firing has none of is empty. In a field a backslash
// is written \\, a tab \t, a line feed \n and a carriage return \r, which is how
// PostgreSQL's COPY writes text.
//
// A firing does not change once it is settled, also when its run goes on for days, so
// that anybody can compute the hash again at any time. A hash says nothing about
// itself: who can write the ledger can compute all of them anew. Whoever needs more
// keeps the latest one elsewhere; all reports show it, and only that protects the days
// at the end. Verify finds that the latest seals were removed as long as hosts are known
// to have been at work a day ago or longer, two hours after the day or later.
package audit
