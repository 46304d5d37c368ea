// Package crontab makes a configuration of the crontabs of cron, those of a user and
// those of the system, which name the user in each line.
//
// It reads what Vixie's cron and its successors (cronie, that of Debian) read. What runs
// elsewhere in another way is in the report, see package finding.
//
// It runs nothing, and does not check what it makes as a whole: `butlerd validate` does.
package crontab
