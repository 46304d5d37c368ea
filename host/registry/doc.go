// Package registry holds the schedules in force: those that files declare and
// those made over the API, with their state, in one place.
//
// Each change goes to the store first, as a new version of the schedule, then to
// the engine that knows what is due next. What was due as a schedule was stopped,
// changed or removed is settled in the same transaction, so that no instant falls
// between two versions.
//
// The package reads no configuration file (package config), fires nothing
// (package dispatch) and knows no HTTP.
package registry
