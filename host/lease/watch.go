package lease

import (
	"time"
)

// How often it is looked for news: wake-ups are a help, polls are the truth.
const (
	pollEvery = time.Second
	pollPause = 20 * time.Millisecond // the least time between two
)

// watch takes over what other hosts did, when it is woken and now and then.
func (k *Keeper) watch() {
	ticker := time.NewTicker(pollEvery)
	defer ticker.Stop()
	for {
		select {
		case <-k.life.Done():
			return
		case <-ticker.C:
		case <-k.opts.Shared.Watch():
		}
		if _, ok := k.Held(); ok {
			k.poll()
		}
		if !k.pause(pollPause) {
			return
		}
	}
}

func (k *Keeper) poll() {
	k.polling.Lock()
	defer k.polling.Unlock()
	if err := k.opts.Owner.News(k.life); err != nil && k.life.Err() == nil {
		k.opts.Log.Warn("looking for what other hosts did", "err", err)
		k.pause(pollEvery)
	}
}

func (k *Keeper) pause(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-k.life.Done():
		return false
	case <-timer.C:
		return true
	}
}

// guard notices when the lease has run out unrenewed. It looks often, since a timer
// does not count the time for which the machine was suspended.
func (k *Keeper) guard(often time.Duration) {
	for k.pause(max(often, pollPause)) {
		k.loseIfOver()
	}
}

// takeOver settles what hosts left open that are not heard of any more. A host
// that was itself cut off, or whose store was away, first gives the others the
// time to renew.
func (k *Keeper) takeOver() {
	k.mu.Lock()
	id, lasts, since := k.hostID, k.term.lasts, k.since
	held := k.term.left() > 0
	k.mu.Unlock()
	if !held || time.Since(since) < lasts {
		return
	}
	ended, err := k.opts.Shared.TakeOver(k.life, id, k.Now().UTC())
	if err != nil {
		if k.life.Err() == nil {
			k.opts.Log.Warn("looking for hosts that are gone", "err", err)
		}
		return
	}
	if len(ended) > 0 {
		k.tell(func() { k.opts.Owner.Ended(ended) })
	}
}
