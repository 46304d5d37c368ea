package reload

import (
	"errors"
	"fmt"
	"strings"

	"butlerd/plugins/qlik-sense-reload/qrs"
)

// Bounds of what is kept of one failure.
const (
	maxDetails = 10
	maxText    = 500 // characters of an error or a detail
)

// failureDetails are the errors and warnings that Qlik Sense noted; without any
// its last words, whatever their type: not all versions mark them.
func failureDetails(r qrs.Result) []string {
	var marked, all []string
	for _, d := range r.Details {
		text := cut(d.Message, maxText)
		all = append(all, text)
		if d.Type == qrs.ErrorDetail || d.Type == qrs.WarningDetail {
			marked = append(marked, text)
		}
	}
	if len(marked) == 0 {
		const words = 2
		return all[max(0, len(all)-words):]
	}
	return marked[max(0, len(marked)-maxDetails):]
}

// reason is the error of an execution that did not succeed. What the script said
// of itself tells more than what its scheduler did.
func (j *job) reason(r qrs.Result) error {
	why := scriptError(j.report.ScriptLog)
	if why == "" && len(j.report.Details) > 0 {
		why = j.report.Details[len(j.report.Details)-1]
	}
	if why == "" {
		return errors.New(r.Status.String())
	}
	return fmt.Errorf("%s: %s", r.Status, why)
}

// scriptError is the last error in a script log, without the time before it.
func scriptError(log []string) string {
	const mark = "Error: "
	for i := len(log) - 1; i >= 0; i-- {
		if at := strings.Index(log[i], mark); at >= 0 {
			return strings.TrimSpace(log[i][at+len(mark):])
		}
	}
	return ""
}

// cut keeps the first n characters of a text that may be of any length.
func cut(text string, n int) string {
	if runes := []rune(text); len(runes) > n {
		return string(runes[:n]) + "…"
	}
	return text
}
