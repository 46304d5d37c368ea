package store

import (
	"time"

	"butlerd/host/run"
	"butlerd/host/schedule"
)

// Source says who owns a schedule.
type Source string

// The sources.
const (
	SourceFile Source = "file"
	SourceAPI  Source = "api"
)

// Schedule is a schedule in force.
type Schedule struct {
	schedule.Definition
	Source    Source
	Origin    string // where a file declares it, "config.hcl:12"; empty for SourceAPI
	Started   bool
	Version   int64 // counts from 1 for each id, over deletions too
	CreatedAt time.Time
	Since     time.Time // when this version came into force
}

// Version is a schedule as it was in force in the interval (Since, Until].
type Version struct {
	Schedule
	Until time.Time // zero while in force
	By    string    // who made it: "config.hcl:12", "api"
}

// ChangeKind says what a Change does.
type ChangeKind int

// The kinds of changes.
const (
	Create ChangeKind = iota // a new schedule; ErrExists when the id is taken
	Update                   // a new version; ErrNotFound when there is none
	Delete                   // out of force; ErrNotFound when there is none
)

// Change makes one new version of a schedule.
type Change struct {
	Kind ChangeKind
	// Schedule is the new version for Create and Update, its Version, Since and,
	// for Update, CreatedAt aside, which the store fills in. Only the ID counts
	// for Delete.
	Schedule Schedule
	// Base is the version that an Update or a Delete was made from; ErrStale when
	// another one is in force. 0: any.
	Base int64
	At   time.Time // when it takes effect: Since of the new version, Until of the old
	By   string
	// Settle are instants of the old version that came due by At and may not have
	// been claimed. Those that are not settled are recorded as given.
	Settle []run.Firing
}
