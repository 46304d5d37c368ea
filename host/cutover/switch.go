package cutover

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Side starts and stops schedules. Set returns nil only when the schedule is seen to
// be as it was asked for.
type Side interface {
	Set(ctx context.Context, id string, started bool) error
	Started(ctx context.Context, id string) (bool, error)
}

// Switch is one take-over.
type Switch struct {
	Butler, Here Side
	// Dir is where the note of it is kept.
	Dir  string
	Note *Note
	// HereBefore are the schedules that were started here before.
	HereBefore map[string]bool
	// Say tells people what is being done.
	Say func(string)

	times map[string]*times
}

// times are when a schedule was stopped and started again, on whichever side. The
// instants between the first and the last are those to look at.
type times struct {
	stopAsked, stopped, startAsked, started time.Time
	// here says that butlerd was asked to start it, and may have.
	here bool
}

// undoTimeout bounds putting back what was done: it goes on when the program is asked
// to stop.
const undoTimeout = 5 * time.Minute

// Run stops the schedules of the note in Butler and starts them here. When something
// fails it puts back what can be, and the error says what failed; Stands says then
// where each is started.
func (s *Switch) Run(ctx context.Context) error {
	s.times = map[string]*times{}
	if err := s.Note.write(s.Dir); err != nil {
		return fmt.Errorf("nothing was done: %w", err)
	}
	err := s.forward(ctx)
	if err == nil {
		return s.end()
	}
	undoing, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoTimeout)
	defer cancel()
	if undo := s.back(undoing); undo != nil {
		return errors.Join(err, undo) // the next one finds the note, and goes on
	}
	return errors.Join(err, s.end())
}

// end notes that nothing is left to be done.
func (s *Switch) end() error {
	now := time.Now()
	s.Note.EndedAt = &now
	return s.Note.write(s.Dir)
}

func (s *Switch) forward(ctx context.Context) error {
	for _, id := range s.Note.Schedules {
		t := &times{stopAsked: time.Now()}
		if was, err := s.Butler.Started(ctx, id); err == nil && !was {
			t.stopAsked = s.Note.BeganAt // by the one that was interrupted
		}
		s.times[id] = t
		if err := s.Butler.Set(ctx, id, false); err != nil {
			return fmt.Errorf("stopping schedule %q in Butler: %w", id, err)
		}
		t.stopped = time.Now()
	}
	s.Say(fmt.Sprintf("Stopped in Butler: %d schedules.", len(s.Note.Schedules)))
	for _, id := range s.Note.Schedules {
		t := s.times[id]
		t.startAsked = time.Now()
		err := s.Here.Set(ctx, id, true)
		t.here = !errors.Is(err, ErrNotSent)
		if err != nil {
			return fmt.Errorf("starting schedule %q in butlerd: %w", id, err)
		}
		t.started = time.Now()
	}
	s.Say(fmt.Sprintf("Started in butlerd: %d schedules.", len(s.Note.Schedules)))
	return nil
}

// back stops here what was started, and starts in Butler again what is seen to be
// stopped here. It goes on as far as it can.
func (s *Switch) back(ctx context.Context) error {
	s.Say("It failed. Putting back what was done.")
	var errs []error
	for _, id := range s.Note.Schedules {
		t := s.times[id]
		if t == nil {
			continue // it was not come to
		}
		if s.HereBefore[id] {
			s.Say(fmt.Sprintf("Schedule %q was started in butlerd before: it stays so, and stopped in Butler.", id))
			continue
		}
		if t.here {
			if err := s.Here.Set(ctx, id, false); err != nil {
				errs = append(errs, fmt.Errorf("schedule %q is not seen to be stopped in butlerd, so Butler is not asked to start it: %w", id, err))
				continue
			}
		}
		t.startAsked = time.Now()
		if err := s.Butler.Set(ctx, id, true); err != nil {
			errs = append(errs, fmt.Errorf("starting schedule %q in Butler again: %w", id, err))
			continue
		}
		t.started = time.Now()
	}
	return errors.Join(errs...)
}
