// Package cutover takes schedules over from Butler: it stops them there and starts
// them here, and when something fails it puts back what can be put back.
//
// The rule above all others is that no schedule is started on both sides. So all are
// stopped, and seen to be stopped, before the first one is started; and one that is
// not seen to be stopped here is not started in Butler again.
//
// Both sides are spoken to over the same API, Butler's. Whether it is time to take over
// is for package shadow to say; the package reads no configuration.
package cutover
