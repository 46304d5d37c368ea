package api

import (
	"maps"
	"strings"
	"testing"
)

// deviation is a difference from Butler 16 that is meant.
type deviation struct {
	reason string
	status int
	says   string // what the body holds
}

func (d deviation) check(t *testing.T, r record, a answer) {
	t.Helper()
	if a.Status != d.status || !strings.Contains(a.Body, d.says) {
		t.Errorf("record %d (%s): %d %s; meant are %d and %q, because %s", r.N, r.Name, a.Status, a.Body, d.status, d.says, d.reason)
	}
	if r.Response.Status == a.Status && r.Response.Body == a.Body {
		t.Errorf("record %d (%s) is listed as different and is not", r.N, r.Name)
	}
}

// deviations lists the records whose answers differ, by number. Everywhere else
// the answer is Butler's, but that JSON sent as text/plain is declared as what it
// is, and that the status is told without the source code of a callback.
func deviations(responses V4Responses) map[int]deviation {
	all := map[int]deviation{}
	add := func(d deviation, numbers ...int) {
		for _, n := range numbers {
			all[n] = d
		}
	}
	maps.Copy(all, refusedSchedules())
	add(deviation{"what was refused above is not there to be listed", 200, "status: Running"}, 114)
	add(deviation{"it was refused, so there is nothing to start", 400, "Failed starting schedule ID"}, 115)
	add(deviation{"it was refused, so there is nothing to stop", 400, "Failed stopping schedule ID"}, 185)
	add(deviation{"it was refused, so there is nothing to delete", 400, "Delete for schedule ID"}, 117)

	add(deviation{"every request gets an answer", 400, "body must be object"}, 123)
	add(deviation{"chunked uploads are accepted", 201, `"name":"chunked"`}, 126)
	add(deviation{"a type that is not JSON is refused as such", 415, "Unsupported Media Type"}, 133)
	add(deviation{"a body without a type is taken as JSON", 201, `"name":"Every 2 hours"`}, 135)

	add(deviation{"ids have up to 200 characters", 400, "Failed starting schedule ID aaa"}, 155)
	add(deviation{"an empty id does not mean all schedules", 400, "Failed stopping schedule ID ."}, 163)
	add(deviation{"an empty id does not mean all schedules", 400, "Failed starting schedule ID ."}, 165)
	add(deviation{"the empty id above has stopped nothing", 200, `"lastKnownState":"started"`}, 164)
	add(deviation{"the empty id above has started nothing", 200, `"lastKnownState":"stopped"`}, 178)
	add(deviation{"the empty id above has started nothing", 200, "0 0 6 * * * status: Stopped"}, 179)

	add(deviation{"every request gets an answer", 200, "Butler reporting for duty"}, 485)
	add(deviation{"odd methods are refused, and it is said which header is wrong", 400, overrideHeader}, 487, 489, 490, 491, 492)
	add(deviation{"endpoints cannot be turned off", 200, "Butler reporting for duty"}, 497)
	add(deviation{"there is no limit of requests a minute for all clients together", 200, "Butler reporting for duty"}, 506, 507, 510)

	if responses == Examples {
		add(deviation{"the examples show one schedule as an object", 200, `{"created":`}, 51, 82, 147)
		add(deviation{"the examples show {} for a stop", 200, "{}"}, 145, 146, 181, 183, 258, 274, 479)
	}
	return all
}

// refusedSchedules are those that Butler takes and never fires, or fires for a
// task that cannot be.
func refusedSchedules() map[int]deviation {
	const neverFires, elsewhere, noTask = "Butler accepts it and never fires", "the time zone is used", "a task id is a GUID"
	return map[int]deviation{
		78:  {neverFires, 400, "body/cronSchedule: expected 5 fields"},
		79:  {noTask, 400, "body/qlikSenseTaskId must be a GUID"},
		83:  {elsewhere, 400, `body/timezone: unknown time zone \"Mars/Phobos\"`},
		84:  {elsewhere, 400, "body/timezone: the time zone is missing"},
		87:  {neverFires, 400, "body/cronSchedule: expected 5 fields"},
		88:  {neverFires, 400, "body/cronSchedule: empty expression"},
		89:  {neverFires, 400, "found 3"},
		90:  {neverFires, 400, "a year field is not supported"},
		91:  {neverFires, 400, `minute \"60\"`},
		92:  {neverFires, 400, `hour \"24\"`},
		93:  {neverFires, 400, `day of month \"0\"`},
		94:  {neverFires, 400, `day of month \"32\"`},
		96:  {"months are 1 to 12", 400, `month \"0\"`},
		101: {neverFires, 400, `minute \"*/0\"`},
		102: {neverFires, 400, `minute \"5-1\"`},
		106: {neverFires, 400, `day of month \"L\"`},
		107: {neverFires, 400, `day of week \"1#2\"`},
		110: {neverFires, 400, `minute \"-5\"`},
		111: {neverFires, 400, `day of week \"fri-mon\"`},
		113: {neverFires, 400, `minute \"1.5\"`},
		184: {noTask, 400, "body/qlikSenseTaskId must be a GUID"},
	}
}

// implied is what the records imply for those whose answer is not there: status
// codes by number.
func implied() map[int]int {
	return map[int]int{
		4: 200, 11: 404, 56: 200, 63: 400, 76: 400, 116: 400, 120: 400, 122: 400, 134: 415,
		162: 200, 168: 404, 171: 400, 176: 400, 498: 200, 504: 200,
	}
}
