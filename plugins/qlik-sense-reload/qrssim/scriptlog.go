package qrssim

import (
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
)

// logTime is how script logs write times: local to the node, which is in UTC.
const logTime = "20060102T150405.000-0700"

// logLocation is where the node keeps the script log.
func (r *result) logLocation() string {
	host, _, _ := strings.Cut(r.node.Name, ".")
	return fmt.Sprintf(`%s\Script\%s.%s.%X.log`, host, r.task.app.full.ID, r.startAt.UTC().Format(logTime), r.file[:10])
}

// ticket is what the script log is downloaded with.
func (r *result) ticket() uuid.UUID { return uuid.NewSHA1(r.file, r.id[:]) }

// scriptLog is the log of an attempt that ended at a time. It is made when asked
// for, so that thousands of results need no room for theirs.
func (r *result) scriptLog(endedAt time.Time) string {
	var log strings.Builder
	line := func(at time.Time, text string) {
		fmt.Fprintf(&log, "%s      %s\r\n", at.UTC().Format(logTime), text)
	}
	line(r.startAt, "Execution started.")
	line(r.startAt, "Qlik Sense simulator: no script is run")
	line(r.startAt, "Document "+r.task.app.full.Name)
	line(r.startAt, "0001 SET ThousandSep=',';")
	line(r.startAt, "0002 LOAD * FROM [lib://Data/"+r.task.app.full.Name+".qvd] (qvd);")
	if r.task.fails(r.attempt) {
		line(endedAt, "Error: "+r.task.failure)
		line(endedAt, "Execution Failed")
	}
	line(endedAt, "Execution finished.")
	return log.String()
}
