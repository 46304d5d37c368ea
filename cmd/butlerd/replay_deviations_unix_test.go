//go:build unix

package main

import (
	"maps"
	"strings"
)

// deviation is a difference from Butler 16 that is meant, or an answer that the
// records imply.
type deviation struct {
	reason  string
	status  int             // 0: the answer is Butler's, and what comes of it differs
	says    string          // what the body holds
	effects []effect        // instead of the recorded ones; nil: those
	late    bool            // they come after the answer, some time before the host is stopped
	after   map[string]bool // whether files are there, instead of what was recorded
}

// fits says whether an answer is the one that is meant.
func (d deviation) fits(a answer) bool {
	return a.status == d.status && strings.Contains(a.body, d.says)
}

// nothing is what comes of a request that is refused here.
func nothing() []effect { return []effect{} }

// deviations lists the records whose answers differ, by number. Everywhere else the
// answer is Butler's, but that JSON sent as text/plain is declared as what it is, and
// that the status is told without the source code of a callback.
func deviations() map[int]deviation {
	all := map[int]deviation{}
	for _, some := range []map[int]deviation{
		requestDeviations(), scheduleDeviations(), refusedSchedules(), startDeviations(), siteDeviations(), valueDeviations(), fileDeviations(),
	} {
		maps.Copy(all, some)
	}
	return all
}

// listing makes one deviation that of several records.
type listing map[int]deviation

func (l listing) add(d deviation, numbers ...int) {
	for _, n := range numbers {
		l[n] = d
	}
}

const (
	everyAnswer = "every request gets an answer"
	asJSON      = "a body without a type is taken as JSON"
	pong        = "Butler reporting for duty"
)

// requestDeviations are those of requests as such: targets, headers, limits.
func requestDeviations() map[int]deviation {
	l := listing{}
	l.add(deviation{reason: everyAnswer, status: 200, says: pong}, 485)
	l.add(deviation{reason: "odd methods are refused, and it is said which header is wrong", status: 400, says: "X-HTTP-Method-Override"}, 487, 489, 490, 491, 492)
	l.add(deviation{reason: "there is no limit of requests a minute for all clients together", status: 200, says: pong}, 506, 507, 510)
	l.add(deviation{reason: "there is no limit of requests a minute for all clients together", status: 200, says: `"openapi"`}, 509)
	l.add(deviation{reason: "a request for elsewhere is not found here", status: 404, says: "Route GET:http://127.0.0.1:28099/ctl/count not found"}, 19, 20)
	l.add(deviation{reason: "the description is butlerd's", status: 200, says: `"openapi"`}, 22)
	l.add(deviation{reason: "the description is butlerd's", status: 200, says: "openapi: 3.0.3\n"}, 23)
	const off = "an operation that is off is answered as unknown routes are"
	l.add(deviation{reason: off, status: 404, says: "Route GET:/v4/schedules not found"}, 500)
	l.add(deviation{reason: off, status: 404, says: "Route POST:/v4/schedules not found"}, 501)
	l.add(deviation{reason: off, status: 404, says: "Route GET:/v4/schedules/status not found"}, 502)
	return l
}

// scheduleDeviations are those of schedules that are taken.
func scheduleDeviations() map[int]deviation {
	l := listing{}
	l.add(deviation{reason: "what was refused above is not there to be listed", status: 200, says: "status: Running"}, 114)
	l.add(deviation{reason: "it was refused, so there is nothing to start", status: 400, says: "Failed starting schedule ID"}, 115)
	l.add(deviation{reason: "it was refused, so there is nothing to stop", status: 400, says: "Failed stopping schedule ID"}, 185)
	l.add(deviation{reason: "it was refused, so there is nothing to delete", status: 400, says: "Delete for schedule ID"}, 117)

	l.add(deviation{reason: everyAnswer, status: 400, says: "body must be object"}, 123)
	l.add(deviation{reason: "chunked uploads are accepted", status: 201, says: `"name":"chunked"`}, 126)
	l.add(deviation{reason: "a type that is not JSON is refused as such", status: 415, says: "Unsupported Media Type"}, 133)
	l.add(deviation{reason: asJSON, status: 201, says: `"name":"Every 2 hours"`}, 135)

	l.add(deviation{reason: "ids have up to 200 characters", status: 400, says: "Failed starting schedule ID aaa"}, 155)
	l.add(deviation{reason: "an empty id does not mean all schedules", status: 400, says: "Failed stopping schedule ID ."}, 163)
	l.add(deviation{reason: "an empty id does not mean all schedules", status: 400, says: "Failed starting schedule ID ."}, 165)
	l.add(deviation{reason: "the empty id above has stopped nothing", status: 200, says: `"lastKnownState":"started"`}, 164)
	l.add(deviation{reason: "the empty id above has started nothing", status: 200, says: `"lastKnownState":"stopped"`}, 178)
	l.add(deviation{reason: "the empty id above has started nothing", after: map[string]bool{"${G}/schedule.yaml": true}}, 170)
	l.add(deviation{reason: "the empty id above has started nothing", status: 200, says: "0 0 6 * * * status: Stopped"}, 179)
	return l
}

// examplesDeviations are those of the records from first to last with the answers of
// the examples, which are an older Butler's.
func examplesDeviations(first, last int) map[int]deviation {
	l := listing(deviations())
	l.add(deviation{reason: "the examples show one schedule as an object", status: 200, says: `{"created":`}, 51, 82, 147)
	l.add(deviation{reason: "the examples show {} for a stop", status: 200, says: "{}"}, 145, 146, 181, 183)
	maps.DeleteFunc(l, func(n int, _ deviation) bool { return n < first || n > last })
	return l
}

// refusedSchedules are those that Butler takes and never fires, or fires for a
// task that cannot be.
func refusedSchedules() map[int]deviation {
	const neverFires, elsewhere, noTask = "Butler accepts it and never fires", "the time zone is used", "a task id is a GUID"
	l := listing{}
	for n, says := range map[int]string{
		78: "body/cronSchedule: expected 5 fields", 87: "body/cronSchedule: expected 5 fields", 88: "body/cronSchedule: empty expression",
		89: "found 3", 90: "a year field is not supported",
		91: `minute \"60\"`, 92: `hour \"24\"`, 93: `day of month \"0\"`, 94: `day of month \"32\"`,
		101: `minute \"*/0\"`, 102: `minute \"5-1\"`, 106: `day of month \"L\"`, 107: `day of week \"1#2\"`,
		110: `minute \"-5\"`, 111: `day of week \"fri-mon\"`, 113: `minute \"1.5\"`,
	} {
		l.add(deviation{reason: neverFires, status: 400, says: says}, n)
	}
	l.add(deviation{reason: "months are 1 to 12", status: 400, says: `month \"0\"`}, 96)
	l.add(deviation{reason: elsewhere, status: 400, says: `body/timezone: unknown time zone \"Mars/Phobos\"`}, 83)
	l.add(deviation{reason: elsewhere, status: 400, says: "body/timezone: the time zone is missing"}, 84)
	l.add(deviation{reason: noTask, status: 400, says: "body/qlikSenseTaskId must be a GUID"}, 79, 184)
	return l
}
