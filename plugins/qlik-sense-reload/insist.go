package reload

import (
	"context"
	"log/slog"
	"time"

	"butlerd/plugins/qlik-sense-reload/qrs"
)

// patience is how long errors are borne that are not known to pass. While Qlik
// Sense restarts, what is in front of it gives strange answers.
const patience = time.Minute

// insist asks until there is an answer. Errors that may pass are borne as long as
// the context lives: an execution that is not looked at goes on all the same.
func (j *job) insist(ctx context.Context, ask func() error) error { return insist(ctx, j.log, ask) }

func insist(ctx context.Context, log *slog.Logger, ask func() error) error {
	began := time.Now()
	for failed := 0; ; failed++ {
		err := ask()
		switch {
		case err == nil && failed == 0:
			return nil
		case err == nil:
			log.Info("Qlik Sense answers again", "failed", failed)
			return nil
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case !qrs.MayPass(err) && time.Since(began) >= patience:
			return err
		case failed == 0:
			log.Warn("Qlik Sense does not answer as it should, asking again", "err", err)
		}
		if err := sleep(ctx, backoff(failed)); err != nil {
			return err
		}
	}
}
