package api

import (
	"errors"
	"net/http"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"butlerd/host/store"
)

// holdRequest asks for a hold. Exactly one of the first three members is set.
type holdRequest struct {
	All        bool       `json:"all"`
	Tag        string     `json:"tag"`
	ScheduleID string     `json:"schedule_id"`
	Reason     string     `json:"reason"`
	Until      *time.Time `json:"until"`   // nil: until it is released
	Running    string     `json:"running"` // what becomes of runs: "continue", which is the default, or "drain"
	By         string     `json:"by"`      // who asks; empty: the API
}

// What becomes of runs while a hold is in force.
const (
	holdContinue = "continue" // those that wait are started as their slots come free
	holdDrain    = "drain"    // those that wait go on waiting
)

// maxReason is how many bytes the reason of a hold may have.
const maxReason = 1000

// hold is the hold that is asked for, as far as the request says.
func (q holdRequest) hold(now time.Time) (store.Hold, error) {
	h := store.Hold{All: q.All, Tag: q.Tag, ScheduleID: q.ScheduleID, Reason: strings.TrimSpace(q.Reason), By: byAPI, Drain: q.Running == holdDrain}
	if q.By != "" {
		h.By = byAPI + ": " + q.By
	}
	if q.Until != nil {
		h.Until = q.Until.UTC()
	}
	switch {
	case scopes(h) != 1:
		return h, invalid(`the body must have exactly one of "all": true, "tag" and "schedule_id"`)
	case h.Reason == "" || len(h.Reason) > maxReason || strings.ContainsRune(h.Reason, 0) || !utf8.ValidString(h.Reason):
		return h, invalid(`"reason" must say in 1 to 1000 bytes why nothing is to fire`)
	case q.Running != "" && q.Running != holdContinue && q.Running != holdDrain:
		return h, invalid(`"running" must be "continue" or "drain"`)
	case strings.ContainsFunc(h.Reason, unicode.IsControl): // it is printed as it is
		return h, invalid(`"reason" must not contain control characters`)
	case h.Until.Year() > 9999: // which an offset makes of the last day of 9999
		return h, invalid(`"until" must be before the year 10000 in UTC`)
	case q.Until != nil && !h.Until.After(now):
		return h, invalid(`"until" must be later than now; without it the hold is in force until it is released`)
	}
	for _, m := range []struct{ member, text string }{{"tag", q.Tag}, {"schedule_id", q.ScheduleID}, {"by", q.By}} {
		if bad := badName(m.text); bad != "" {
			return h, invalid(`"` + m.member + `" ` + bad)
		}
	}
	return h, nil
}

func scopes(h store.Hold) (n int) {
	for _, set := range []bool{h.All, h.Tag != "", h.ScheduleID != ""} {
		if set {
			n++
		}
	}
	return n
}

// holdView is a hold as v1 shows it.
type holdView struct {
	ID         string  `json:"id"`
	All        bool    `json:"all"`
	Tag        *string `json:"tag"`
	ScheduleID *string `json:"schedule_id"`
	Reason     string  `json:"reason"`
	By         string  `json:"by"`
	Running    string  `json:"running"`
	Since      *string `json:"since"`
	Until      *string `json:"until"`
	ReleasedAt *string `json:"released_at"`
	ReleasedBy *string `json:"released_by"`
	InForce    bool    `json:"in_force"` // when this was answered
}

// holdList is the answer to a question for holds.
type holdList struct {
	Holds []holdView `json:"holds"`
}

func newHoldView(h store.Hold, now time.Time) holdView {
	view := holdView{
		ID:         h.ID,
		All:        h.All,
		Tag:        orNull(h.Tag),
		ScheduleID: orNull(h.ScheduleID),
		Reason:     h.Reason,
		By:         h.By,
		Running:    holdContinue,
		Since:      instant(h.Since),
		Until:      instant(h.Until),
		ReleasedAt: instant(h.ReleasedAt),
		ReleasedBy: orNull(h.ReleasedBy),
		InForce:    h.End().IsZero() || h.End().After(now),
	}
	if h.Drain {
		view.Running = holdDrain
	}
	return view
}

// hold puts a hold in force. What was due until then is not held.
func (v v1) hold(c *fiber.Ctx) error {
	var q holdRequest
	if err := body(c, &q); err != nil {
		return err
	}
	h, err := q.hold(time.Now())
	if err != nil {
		return err
	}
	if h.ScheduleID != "" {
		if _, ok := v.opts.Schedules.Get(h.ScheduleID); !ok {
			return notFound("there is no schedule of this id")
		}
	}
	h.ID = uuid.Must(uuid.NewV7()).String()
	ctx, cancel := v.ask()
	defer cancel()
	if h, err = v.opts.Holds.Hold(ctx, h); err != nil {
		return err
	}
	return reply(c, http.StatusCreated, newHoldView(h, time.Now()))
}

// release ends a hold. It is answered with the hold, also when it had ended before.
func (v v1) release(c *fiber.Ctx) error {
	id, ok := pathID(c)
	if !ok {
		return noHold()
	}
	ctx, cancel := v.ask()
	defer cancel()
	h, err := v.opts.Holds.Release(ctx, id, byAPI)
	if errors.Is(err, store.ErrNotFound) {
		return noHold()
	}
	if err != nil {
		return err
	}
	return reply(c, http.StatusOK, newHoldView(h, time.Now()))
}

// listHolds lists the holds in force, and with since also those that ended after
// that.
func (v v1) listHolds(c *fiber.Ctx) error {
	q := newQuery(c, "since")
	since := q.instant("since")
	if q.err != nil {
		return q.err
	}
	now := time.Now()
	if since.IsZero() {
		since = now
	}
	ctx, cancel := v.ask()
	defer cancel()
	holds, err := v.opts.Holds.Holds(ctx, since)
	if err != nil {
		return err
	}
	list := holdList{Holds: make([]holdView, len(holds))}
	for i, h := range holds {
		list.Holds[i] = newHoldView(h, now)
	}
	return reply(c, http.StatusOK, list)
}

func noHold() *fault { return notFound("there is no hold of this id") }
