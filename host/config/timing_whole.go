package config

import (
	"errors"
	"regexp"
	"strconv"
	"time"

	"butlerd/host/schedule"

	"github.com/hashicorp/hcl/v2"
)

// compile makes sure of all that the parts do not tell, and says what is odd about
// the whole.
func (b *drafting) compile(d *draft) hcl.Diagnostics {
	if d.definition.More == nil { // a cron line alone is checked, and none needs no check
		return nil
	}
	spec, err := b.specs.Get(d.definition.Timing())
	if err != nil {
		return hcl.Diagnostics{d.badTiming(err)}
	}
	d.silent = spec.Next(b.now).IsZero()
	if jitter := d.definition.More.Jitter; jitter > 0 {
		return b.crowded(spec, jitter, written(d.at.content, "jitter", d.at.block.DefRange))
	}
	return nil
}

// jitterSample is how many firings are looked at: those of a day that fires each
// half an hour.
const jitterSample = 50

// crowded warns of a jitter that is longer than the space between two firings.
func (b *drafting) crowded(spec *schedule.Spec, jitter time.Duration, at hcl.Range) hcl.Diagnostics {
	next := spec.Next(b.now)
	for range jitterSample {
		after := spec.Next(next)
		if next.IsZero() || after.IsZero() {
			break
		}
		if gap := after.Sub(next); gap < jitter {
			return hcl.Diagnostics{odd(at, "Jitter longer than the spacing",
				"Two firings are only %s apart, so with a jitter of up to %s both may start at the same time.", short(gap), short(jitter))}
		}
		next = after
	}
	return nil
}

// member splits the name of a member of a timing: crons[0].
var member = regexp.MustCompile(`^([a-z_]+)(?:\[(\d+)\])?`)

// badTiming places what the schedule package found wrong with a timing.
func (d *draft) badTiming(err error) *hcl.Diagnostic {
	content, at := d.at.content, d.at.block.DefRange
	var te *schedule.TimingError
	if !errors.As(err, &te) {
		return wrong(written(content, "cron", at), "Invalid timing", "%s.", sentence(err))
	}
	part := member.FindStringSubmatch(te.Member)
	if part == nil {
		return wrong(at, "Invalid timing", "%s.", sentence(err))
	}
	i, _ := strconv.Atoi(part[2]) // 0 when there is none
	switch part[1] {
	case "crons":
		at = textAt(content, "cron", i+1, d.at.ctx, at)
	case "calendars":
		at = textAt(content, "calendar", i, d.at.ctx, at)
	default:
		at = textAt(content, part[1], i, d.at.ctx, at)
	}
	return wrong(at, "Invalid timing", "%s.", sentence(te.Err))
}
