package reload

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/google/uuid"

	"butlerd/plugins/qlik-sense-reload/qrs"
)

// Of a script log the end is read, and of that so many lines kept as the run
// wants.
const (
	maxLogBytes = 64 << 10
	maxLogLine  = 500 // characters

	logTries = 3
	logEvery = 2 * time.Second // it shows up some time after the end
)

// scriptLog gives the last lines of the log of a reload that failed. Not to have
// them does not change how the run ended, so it is only told.
func (j *job) scriptLog(ctx context.Context, r qrs.Result) []string {
	if j.args.LogTail == 0 || j.task.Type != qrs.ReloadTask {
		return nil
	}
	text, err := j.readLog(ctx, r)
	if err != nil {
		j.log.Warn("script log was not read", "err", err)
		return nil
	}
	return tail(text, j.args.LogTail)
}

// readLog tries again while the log may still show up. Without a reference to one
// it is not expected to.
func (j *job) readLog(ctx context.Context, r qrs.Result) (text []byte, err error) {
	for try := 1; ; try++ {
		text, err = j.client.ScriptLog(ctx, j.task.ID, r, maxLogBytes)
		later := errors.Is(err, qrs.ErrNoLog) && r.LogFile != uuid.Nil || qrs.MayPass(err)
		if !later || try == logTries || sleep(ctx, logEvery) != nil {
			return text, err
		}
	}
}

// tail is the last n lines. Where a text was cut off its first line begins
// anywhere, and is dropped unless it is the only one.
func tail(text []byte, n int) []string {
	whole := strings.ReplaceAll(strings.ToValidUTF8(string(text), "…"), "\r\n", "\n")
	lines := strings.Split(strings.Trim(whole, "\n\ufeff"), "\n")
	if len(text) == maxLogBytes && len(lines) > 1 {
		lines = lines[1:]
	}
	lines = lines[max(0, len(lines)-n):]
	for i, line := range lines {
		lines[i] = cut(line, maxLogLine)
	}
	return lines
}
