//go:build unix

package main

// Tasks and apps of the site, see the README of qrssim's ButlerSeed.
const (
	task1 = "0fe447a9-ba1f-44a9-ac23-68c3a1d88d8b"
	task2 = "7552d9fc-d1bb-4975-9a38-18357de531ea"
	task3 = "fb0f317d-da91-4b86-aafa-0174ae1e8c8f"
	task4 = "e3b27f50-b1c0-4879-88fc-c7cdd9c1cf3e"
	app1  = "00000000-0000-0000-0000-000000000009"
)

// startDeviations are those of starts of tasks, while all is well with the site.
func startDeviations() map[int]deviation {
	l := listing{}
	l.add(deviation{reason: "GUIDs may be in upper case", status: 200, says: `"started":[{"taskId":"` + task1, effects: []effect{started(task1)}}, 195)
	l.add(deviation{reason: "a task that is named twice is started once", status: 200, says: `"started":[{"taskId":"` + task1 + `","taskName":"Reload task of App1"}],"invalid":[]`, effects: []effect{started(task1)}}, 204)
	const once = "a task that is named twice is started once"
	l.add(deviation{reason: once, status: 200, says: `"tasksTag":[{"taskId":"` + task1 + `","taskName":"Reload task of App1"},{"taskId":"` + task2 + `","taskName":"Reload task of App2"}]`, effects: []effect{started(task1), started(task2)}}, 209)
	l.add(deviation{reason: once, effects: []effect{started(task1), started(task2), started(task3), started(task4)}}, 220)
	l.add(deviation{reason: once, effects: []effect{started(task1), started(task2)}}, 272)
	l.add(deviation{reason: "0 is a value", status: 200, says: `{"key":"k4"},{"key":"k5"}]`}, 219)
	l.add(deviation{reason: "the start-task filter covers what schedules of the API start", effects: nothing()}, 273)
	l.add(deviation{reason: asJSON, status: 200, says: `"started":[{"taskId":"` + task1, effects: []effect{started(task1)}}, 449)
	l.add(deviation{reason: "a type that is not JSON is refused as such", status: 415, says: "Unsupported Media Type"}, 451)
	l.add(deviation{reason: "what is wrong with a body is the caller's mistake", status: 400, says: "body/0 must have required property 'payload'"}, 232)
	l.add(deviation{reason: "what is wrong with a body is the caller's mistake", status: 400, says: "body/1 must have required property 'payload'"}, 236)
	return l
}

// siteDeviations are those of a site with which something is wrong, and of apps and
// messages.
func siteDeviations() map[int]deviation {
	l := listing{}
	const truth = "it is said what is wrong with Qlik Sense"
	l.add(deviation{reason: truth, status: 502, says: "starting task at 127.0.0.1:"}, 242)
	l.add(deviation{reason: truth, status: 502, says: "reading tasks at 127.0.0.1:"}, 243, 244)
	l.add(deviation{reason: "it is said that Qlik Sense is slow", status: 504, says: "Qlik Sense has not answered in time whether it starts the task", late: true}, 246)
	l.add(deviation{reason: truth, status: 502, says: "reading tasks at 127.0.0.1:"}, 248, 249, 251)
	l.add(deviation{reason: truth, status: 502, says: "reading apps at 127.0.0.1:"}, 252, 253)
	l.add(deviation{reason: truth, status: 502, says: "connecting at 127.0.0.1:"}, 254, 255)
	l.add(deviation{reason: truth, status: 502, says: "the engine does not have the app"}, 433, 436)
	l.add(deviation{reason: "the engine has no such mode", status: 400, says: "body/reloadMode must be a whole number from 0 to 2", effects: nothing()}, 438)
	l.add(deviation{reason: everyAnswer, status: 400, says: `declare plugin \"mqtt\"`}, 446)
	return l
}

// valueDeviations are those of conversions and of the key-value store.
func valueDeviations() map[int]deviation {
	l := listing{}
	const mistake = "a user's mistake is not the server's"
	l.add(deviation{reason: mistake, status: 400, says: "Failed converting from base62 to base16"}, 30)
	l.add(deviation{reason: mistake, status: 400, says: "Failed converting from base16 to base62"}, 34, 35)

	l.add(deviation{reason: everyAnswer, status: 400, says: "body must be object"}, 341, 385)
	l.add(deviation{reason: "values outlive a restart", status: 200, says: `["n"]`}, 356)
	l.add(deviation{reason: "limits are enforced", status: 400, says: "the key-value store is full"}, 352, 353)
	l.add(deviation{reason: "limits are enforced", status: 200, says: `"keys":[{"key":"k1"},{"key":"k2"},{"key":"k3"}]`}, 354)
	return l
}

// fileDeviations are those of operations on files.
func fileDeviations() map[int]deviation {
	l := listing{}
	is := func(path string, there bool) map[string]bool { return map[string]bool{path: there} }
	l.add(deviation{reason: "what was not copied is not said to be", status: 400, says: "toFile exists already"}, 363, 364, 389)
	l.add(deviation{reason: "what is not there is refused as such", status: 400, says: "fromFile does not exist"}, 369, 382)
	l.add(deviation{reason: "whether a file outside is there is nobody's business", status: 403, says: "No approved fromDir/toDir for file copy"}, 370, 386)

	const links = "links do not lead out of approved directories"
	l.add(deviation{reason: links, status: 403, says: "No approved fromDir/toDir for file copy", after: is("${G}/copyto/leak.txt", false)}, 376)
	l.add(deviation{reason: links, status: 403, says: "No approved fromDir/toDir for file copy", after: is("${G}/copyto/leak2.txt", false)}, 377)
	l.add(deviation{reason: links, status: 403, says: "No approved directory for file delete", after: is("${G}/secret/victim.txt", true)}, 403)

	const approved, says = "directories are made in approved ones only", "No approved directory for directory creation"
	l.add(deviation{reason: approved, status: 403, says: says}, 414)
	l.add(deviation{reason: approved, status: 403, says: says, after: is("${CWD}/golden-rel/x", false)}, 415)
	l.add(deviation{reason: approved, status: 403, says: says, after: is("${G}/outside", false)}, 421)
	l.add(deviation{reason: "nothing is not a directory", status: 400, says: "Required parameter missing"}, 417, 418)
	l.add(deviation{reason: asJSON, status: 204, after: is("${G}/del/e.txt", false)}, 457)
	return l
}
