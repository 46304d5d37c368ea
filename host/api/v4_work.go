package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"butlerd/host/dispatch"
	"butlerd/host/plugin"
	"butlerd/host/run"
)

// workTimeout bounds how long a caller waits for a plugin. The REST connector of Qlik
// Sense waits for 30 seconds.
const workTimeout = 25 * time.Second

// work is the context of what a plugin is asked to do. Runs go on when it is done.
func (s *Server) work() (context.Context, context.CancelFunc) {
	return context.WithTimeout(s.working, workTimeout)
}

// pluginFault passes on what a plugin said of its failure: what it talks to is the
// gateway's other side.
func pluginFault(detail string) *fault {
	return &fault{status: http.StatusBadGateway, kind: kindPlugin, detail: detail}
}

// lateFault says that no answer came in time.
func lateFault(detail string) *fault {
	return &fault{status: http.StatusGatewayTimeout, kind: kindPluginLate, detail: detail}
}

// workFault says what kept a plugin from being asked, or what it said. action is what
// it was asked for.
func workFault(err error, action string) error {
	var said *plugin.QueryError
	switch {
	case errors.As(err, &said):
		return pluginFault(said.Text)
	case errors.Is(err, dispatch.ErrNoAction):
		return invalid(fmt.Sprintf("no plugin offers %q: declare plugin %q in the configuration and reload it", action, pluginFor(action)))
	case errors.Is(err, context.DeadlineExceeded):
		return lateFault(fmt.Sprintf("%q was not answered within %s", action, workTimeout))
	}
	return err
}

// pluginFor is the bundled plugin that offers an action.
func pluginFor(action string) string {
	switch action {
	case tasksQuery, appsQuery, reloadAction:
		return "qlik-sense-reload"
	case dumpQuery, appReloadAction:
		return "qlik-sense-app"
	case mqttAction:
		return "mqtt"
	case slackAction:
		return "slack"
	}
	return "newrelic"
}

// perform makes a run and waits until it has ended. It returns an open run when that
// takes longer than a caller waits.
func (v v4) perform(action string, w run.Work) (run.Run, error) {
	ctx, cancel := v.work()
	defer cancel()
	done, err := v.opts.Work.Perform(ctx, dispatch.Ask{Action: action, Work: w, By: byAPI})
	switch {
	case err != nil:
		return run.Run{}, workFault(err, action)
	case done.Run.State.Open() || done.Run.State == run.Succeeded:
		return done.Run, nil
	}
	return run.Run{}, endFault(done.Run)
}

// endFault tells how a run ended that did not succeed.
func endFault(r run.Run) *fault {
	if r.Reason == run.ReasonPluginDown {
		return faultForNow(plugin.ErrUnavailable)
	}
	return pluginFault(r.Error)
}

// finish performs what takes no longer than its caller waits.
func (v v4) finish(action string, arguments []byte) error {
	r, err := v.perform(action, run.Work{Arguments: arguments, Timeout: workTimeout})
	if err == nil && r.State.Open() {
		return lateFault(fmt.Sprintf("%q did not end within %s; run %s tells what became of it", action, workTimeout, r.ID))
	}
	return err
}
