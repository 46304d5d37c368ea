package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"butlerd/host/cutover"
	"butlerd/host/schedule"
)

// How long a moment without instants is looked for, and how long it is to be.
const (
	cutoverQuiet   = 10 * time.Second
	cutoverHorizon = 10 * time.Minute
)

// begin waits for a quiet moment, and takes over.
func (t *taking) begin(ctx context.Context) error {
	var specs []*schedule.Spec
	for _, s := range t.specs {
		specs = append(specs, s)
	}
	at, rest := cutover.Moment(specs, time.Now(), cutoverQuiet, cutoverHorizon)
	fmt.Fprintf(t.stdout, "%d schedules are to be stopped in %s and started in %s, at %s: then nothing is due for %s.\n",
		len(t.note.Schedules), t.butler.Address(), t.here.Address(), at.Format(time.RFC3339), rest.Round(time.Second))
	if *t.flags.dryRun {
		fmt.Fprintln(t.stdout, "Nothing was changed.")
		return nil
	}
	if err := t.confirm(); err != nil {
		return err
	}
	at, _ = cutover.Moment(specs, time.Now(), cutoverQuiet, cutoverHorizon) // an answer takes its time
	if err := wait(ctx, time.Until(at)); err != nil {
		return errors.New("interrupted before it began: nothing was changed")
	}
	started := map[string]bool{}
	for _, h := range t.sides.Here {
		started[h.ID] = h.Started
	}
	s := &cutover.Switch{Butler: t.butler, Here: t.here, Dir: t.dir, Note: t.note, HereBefore: started,
		Say: func(text string) { fmt.Fprintln(t.stdout, text) }}
	err := s.Run(ctx)
	t.tell(ctx, s)
	if err != nil {
		return fmt.Errorf("the take-over failed: %w", err)
	}
	fmt.Fprintln(t.stdout, "Taken over.")
	return nil
}

// tell says exactly what stands where, and what was started by nobody.
func (t *taking) tell(ctx context.Context, s *cutover.Switch) {
	w := tabwriter.NewWriter(t.stdout, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "SCHEDULE\tBUTLER\tBUTLERD")
	for _, stand := range s.Stands(ctx) {
		fmt.Fprintf(w, "%s\t%s\t%s\n", stand.ID, stand.Butler, stand.Here)
	}
	_ = w.Flush() // what stands where is not changed by a broken pipe
	for _, u := range s.Unstarted(t.specs) {
		doubt := "nobody started it"
		if !u.Certain {
			doubt = "a request was under way: look whether it was started"
		}
		fmt.Fprintf(t.stdout, "Schedule %q was due at %s: %s.\n", u.ScheduleID, u.DueAt.Format(time.RFC3339), doubt)
	}
}

// confirm asks whoever sits there.
func (t *taking) confirm() error {
	if *t.flags.yes {
		return nil
	}
	fmt.Fprint(t.stdout, "Begin? Type yes: ")
	answer, _ := bufio.NewReader(os.Stdin).ReadString('\n') // what cannot be read is no yes
	if strings.TrimSpace(answer) != "yes" {
		return errors.New("the answer was not yes: nothing was changed; -yes does not ask")
	}
	return nil
}

// wait waits, unless the program is to stop.
func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err()
	case <-ctx.Done():
		return ctx.Err()
	}
}
