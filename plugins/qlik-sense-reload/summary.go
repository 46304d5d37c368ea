package reload

import (
	"fmt"
	"strings"
	"time"

	"butlerd/plugins/qlik-sense-reload/qrs"
)

// maxNamed is how many failed tasks a line names.
const maxNamed = 5

// line tells of one job: "reloaded Finance in 3m12s".
func (j *job) line() string {
	name := cut(j.task.Name, maxText)
	switch {
	case j.err != nil:
		return fmt.Sprintf("%s: %v", name, j.err)
	case j.report.Status == alreadyRunning:
		return fmt.Sprintf("left %s alone: it was already executing", name)
	case !j.args.Wait:
		return "started " + name
	case j.task.Type == qrs.ReloadTask:
		return fmt.Sprintf("reloaded %s in %s", name, brief(j.duration()))
	}
	return fmt.Sprintf("ran %s in %s", name, brief(j.duration()))
}

// summary tells of all jobs in a line.
func (b *batch) summary(took time.Duration) string {
	if len(b.jobs) == 1 {
		return b.jobs[0].line()
	}
	failed := b.failed()
	verb := "succeeded"
	if !b.args.Wait {
		verb = "started"
	}
	line := fmt.Sprintf("%d of %d tasks %s", len(b.jobs)-len(failed), len(b.jobs), verb)
	if len(failed) > 0 {
		return line + ": " + names(failed)
	}
	return line + " in " + brief(took)
}

// names tells of the first few that failed.
func names(failed []*job) string {
	var parts []string
	for _, j := range failed[:min(len(failed), maxNamed)] {
		parts = append(parts, j.line())
	}
	if more := len(failed) - maxNamed; more > 0 {
		parts = append(parts, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(parts, "; ")
}

func (b *batch) failed() []*job {
	var list []*job
	for _, j := range b.jobs {
		if j.err != nil {
			list = append(list, j)
		}
	}
	return list
}

// brief is a duration as people say it.
func brief(d time.Duration) string {
	if d >= 10*time.Second {
		return d.Round(time.Second).String()
	}
	return d.Round(100 * time.Millisecond).String()
}
