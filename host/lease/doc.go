// Package lease keeps a host's lease on its store: it joins, renews, and takes
// over what hosts leave behind that are not heard of any more.
//
// A lease is the right to claim firings and to execute runs. The store decides,
// by its own clock, who holds one; a host that has not heard from the store for
// nearly as long as its lease lasts must assume that others are taking its work
// over, and ends what it executes before they can. So no firing is executed by two
// hosts, whatever dies, pauses or is cut off. A host that lost its lease joins
// again under a new id.
//
// In a store for one host leases do not end, and the package does nothing but join
// and leave. It claims and executes nothing itself (package dispatch), and knows no
// schedules (package registry).
package lease
