package dispatch

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"butlerd/host/run"
	"butlerd/host/schedule"
	"butlerd/host/store"
)

func TestInsist(t *testing.T) {
	t.Parallel()
	inBubble(t, "says now and then that the store is still away", func(t *testing.T) {
		var log bytes.Buffer
		var ledger *brokenLedger
		b := setup(t, func(o *Options) {
			ledger = &brokenLedger{Ledger: o.Ledger}
			o.Ledger, o.Log = ledger, slog.New(slog.NewTextHandler(&log, nil))
		})
		b.add(t, "a", nil)
		time.Sleep(time.Minute)
		ledger.set(true)
		time.AfterFunc(5*time.Minute+30*time.Second, func() { ledger.set(false) })
		b.Fire(due(0, "a"))
		synctest.Wait()
		for line, want := range map[string]int{"store cannot be written": 1, "store still cannot be written": 5, "store is back": 1} {
			if n := strings.Count(log.String(), line); n != want {
				t.Errorf("%q is in the log %d times, want %d", line, n, want)
			}
		}
	})
	inBubble(t, "leaves it to who starts the host to try a step of that again", func(t *testing.T) {
		var ledger *brokenLedger
		b := setup(t, func(o *Options) { ledger = &brokenLedger{Ledger: o.Ledger}; o.Ledger = ledger })
		b.add(t, "a", func(j *Job) {
			j.Version, j.Definition.CatchUp = 1, &schedule.CatchUp{Mode: schedule.CatchUpAll, Within: time.Hour, Limit: 5}
		})
		time.Sleep(time.Minute)
		b.halt()
		b.boot() // the next life, which has not got as far as TakeUp
		owed := []Owed{{Due: due(0, "a")[0], Version: 1}}
		ledger.set(true)
		began := time.Now()
		if err := b.CatchUp(t.Context(), owed); !errors.Is(err, store.ErrUnavailable) || time.Since(began) > 0 {
			t.Errorf("%v after %s", err, time.Since(began))
		}
		ledger.set(false)
		if err := b.CatchUp(t.Context(), owed); err != nil {
			t.Fatal(err)
		}
		if err := b.TakeUp(t.Context()); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if r := b.only(t); r.State != run.Succeeded || r.Trigger != run.ByCatchUp {
			t.Errorf("run = %+v", r)
		}
	})
}
