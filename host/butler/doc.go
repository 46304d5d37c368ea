// Package butler reads the settings and the schedules of Butler, the program that
// butlerd takes over from, and makes a configuration of them.
//
// What Butler did it keeps doing: a schedule fires at the instants at which Butler fired
// it, also where its file says something else. What had to be changed for that, what
// never worked, and what cannot come along is in the report, see package finding.
//
// It opens no connection, knows nothing of HCL (package config/hclfile writes it), and
// does not check what it makes as a whole: `butlerd validate` does.
package butler
