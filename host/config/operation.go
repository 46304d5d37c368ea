package config

// Operations are the operations of /v4 that a file can switch off, by their names in
// Butler 16 and in the order in which it lists them
// (GET /v4/configfile/endpointsenabled). Behind updateSchedule is no operation, as in
// Butler. The list is new with each call.
func Operations() []string {
	return []string{
		"apiListEnabledEndpoints", "base62ToBase16", "base16ToBase62", "butlerping",
		"createDir", "createDirQVD", "fileDelete", "fileMove", "fileCopy",
		"keyValueStore", "mqttPublishMessage", "postNewRelicMetric", "postNewRelicEvent",
		"createNewSchedule", "getSchedule", "getScheduleStatusAll", "updateSchedule", "deleteSchedule", "startSchedule", "stopSchedule",
		"senseAppReload", "senseAppDump", "senseListApps", "senseStartTask", "slackPostMessage",
	}
}
