//go:build unix

package main

// implied is what the records imply for those whose answer is not there.
func implied() map[int]deviation {
	all := map[int]deviation{}
	for n, status := range map[int]int{
		4: 200, 11: 404, 56: 200, 63: 400, 76: 400, 116: 400, 120: 400, 122: 400, 134: 415,
		162: 200, 168: 404, 171: 400, 176: 400, 498: 404, 504: 200,
		33: 200, 281: 201, 282: 201, 283: 200, 289: 201, 290: 400, 300: 201, 309: 400, 310: 400, 315: 201, 320: 200, 322: 400, 324: 200, 326: 204,
		333: 200, 343: 201, 348: 200, 351: 201, 355: 200, 365: 201, 366: 201, 371: 403, 384: 400, 401: 403, 408: 400, 410: 400, 419: 400,
		24: 200, 200: 200, 201: 200, 218: 200, 231: 400, 234: 200, 250: 502, 267: 200, 270: 200, 496: 400,
		461: 201, 465: 200,
	} {
		all[n] = deviation{status: status}
	}
	// As for 246, where Butler's proxy gives up earlier than butlerd.
	all[247] = deviation{status: 504, effects: []effect{started(task1)}, late: true}
	all[476] = deviation{status: 200, says: `["apiListEnabledEndpoints","base62ToBase16",`}
	all[499] = deviation{status: 200, says: `["apiListEnabledEndpoints"]`}
	all[444] = deviation{status: 202, says: "Accepted", effects: []effect{posted("POST", "/newrelic/metric/v1",
		`[{"metrics":[{"name":"memory.heap","type":"gauge","value":2.3,"timestamp":1642164296053,"attributes":{"env":"prod","host.name":"dev"}}]}]`)}}
	all[452] = deviation{status: 200, says: `"tasksTagDenied":[]`, effects: []effect{started(task1), started(task2)}}
	all[453] = deviation{status: 200, says: `"started":[{"taskId":"` + task1, effects: []effect{started(task1)}}
	return all
}
