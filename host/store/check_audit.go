package store

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// Check says what is wrong with a hold that no engine takes.
func (h Hold) Check() error {
	scopes := 0
	for _, set := range []bool{h.All, h.Tag != "", h.ScheduleID != ""} {
		if set {
			scopes++
		}
	}
	switch {
	case h.ID == "":
		return errors.New("the hold has no id")
	case scopes != 1:
		return fmt.Errorf("hold %.200q: it is of %d scopes: all, a tag or a schedule must be given, and only one of them", h.ID, scopes)
	case h.Reason == "":
		return fmt.Errorf("hold %.200q: it has no reason", h.ID)
	case h.Since.IsZero():
		return fmt.Errorf("hold %.200q: it has no beginning", h.ID)
	case !h.Until.IsZero() && !h.Until.After(h.Since):
		return fmt.Errorf("hold %.200q: it ends before it begins", h.ID)
	case h.Until.UTC().Year() > 9999: // it has no form in JSON
		return fmt.Errorf("hold %.200q: it ends after the year 9999", h.ID)
	case !h.ReleasedAt.IsZero():
		return fmt.Errorf("hold %.200q: it is released already", h.ID)
	}
	return checkTexts(h.ID, h.Tag, h.ScheduleID, h.Reason, h.By)
}

// Check says what is wrong with a checkpoint that no engine takes.
func (c Checkpoint) Check() error {
	if err := checkSize(len(c.Data), MaxCheckpoint); err != nil {
		return fmt.Errorf("the checkpoint: %w", err)
	}
	if !isObject(c.Data) {
		return errors.New("the checkpoint is not a JSON object")
	}
	return checkTexts(c.RunID, c.HostID)
}

func isObject(document json.RawMessage) bool {
	var object map[string]json.RawMessage
	return json.Unmarshal(document, &object) == nil && object != nil
}

// Check says what is wrong with a seal that no engine takes.
func (s Seal) Check() error {
	switch {
	case !s.Day.Equal(s.Day.UTC().Truncate(24 * time.Hour)):
		return fmt.Errorf("the seal is of %s, which is not a midnight in UTC", s.Day.UTC().Format(time.RFC3339Nano))
	case s.Count < 0:
		return fmt.Errorf("the seal is of %d firings", s.Count)
	case !isHash(s.Hash):
		return fmt.Errorf("the seal's hash %.80q is not a SHA-256 in lower-case hexadecimal", s.Hash)
	case s.Previous != "" && !isHash(s.Previous):
		return fmt.Errorf("the hash of the seal before, %.80q, is not a SHA-256 in lower-case hexadecimal", s.Previous)
	}
	return nil
}

func isHash(text string) bool {
	sum, err := hex.DecodeString(text)
	return err == nil && len(sum) == 32 && hex.EncodeToString(sum) == text
}

// Check says what is wrong with a prune that no engine takes.
func (p Prune) Check() error {
	if p.Before.IsZero() {
		return errors.New("it is not said what is too old to be kept")
	}
	if p.Limit < 1 || p.Limit > MaxPage {
		return fmt.Errorf("limit %d: it must be 1 to %d", p.Limit, MaxPage)
	}
	return nil
}

// After says what is wrong with a seal beside some that are there, of which the
// latest is the last: its day has one already, or it does not follow the latest.
func (s Seal) After(there []Seal) error {
	day, previous := s.Day.UTC().Format(time.DateOnly), ""
	for _, other := range there {
		if other.Day.Equal(s.Day) {
			return fmt.Errorf("the seal of %s: %w", day, ErrExists)
		}
		previous = other.Hash
	}
	if s.Previous != previous {
		return fmt.Errorf("the seal of %s: %w: the latest seal has another hash than %.80q", day, ErrStale, s.Previous)
	}
	if len(there) > 0 && there[len(there)-1].Day.After(s.Day) {
		return fmt.Errorf("the seal of %s: %w: a later day is sealed", day, ErrStale)
	}
	return nil
}

// CheckRelease says what is wrong with a release that no engine takes.
func CheckRelease(id string, at time.Time, by string) error {
	if at.IsZero() {
		return fmt.Errorf("hold %.200q: it is not said when", id)
	}
	return checkTexts(id, by)
}
