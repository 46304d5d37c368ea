package host

import (
	"context"
	"time"

	"butlerd/host/store"
)

// holds are the holds of the store as the API sees them.
type holds struct{ *Host }

// Hold implements api.Holds. What is claimed from now on sees it, on all hosts: it
// is the claiming transaction that looks.
func (h holds) Hold(ctx context.Context, hold store.Hold) (store.Hold, error) {
	hold.Since = h.keeper.Now().UTC()
	made, err := h.store.Hold(ctx, hold)
	if err != nil {
		return store.Hold{}, err
	}
	h.log.Warn("hold", append(scope(made), "hold", made.ID, "reason", made.Reason, "by", made.By, "until", made.Until)...)
	h.dispatcher.HoldChanged(made)
	return made, nil
}

// Release implements api.Holds.
func (h holds) Release(ctx context.Context, id, by string) (store.Hold, error) {
	released, err := h.store.Release(ctx, id, h.keeper.Now().UTC(), by)
	if err != nil {
		return store.Hold{}, err
	}
	h.log.Warn("hold released", append(scope(released), "hold", id, "by", by)...)
	h.dispatcher.HoldChanged(released)
	return released, nil
}

// Holds implements api.Holds.
func (h holds) Holds(ctx context.Context, since time.Time) ([]store.Hold, error) {
	return h.store.Holds(ctx, since)
}

// scope is what a hold is of, for the log.
func scope(h store.Hold) []any {
	switch {
	case h.Tag != "":
		return []any{"tag", h.Tag}
	case h.ScheduleID != "":
		return []any{"schedule", h.ScheduleID}
	}
	return []any{"of", "all schedules"}
}
