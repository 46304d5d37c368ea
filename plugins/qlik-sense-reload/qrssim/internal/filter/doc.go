// Package filter reads the filter and orderby expressions of the Qlik Sense
// Repository Service and applies them to Go structs by the names in their json
// tags.
//
// It is for the simulator: it refuses what the real service refuses, so that a
// client's mistake shows in a test and not at a customer. It is not a query
// planner; a caller with many rows asks [Filter.Keys] for the ids a filter is
// pinned to and looks those up itself.
package filter
