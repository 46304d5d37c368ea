package api

import (
	"bufio"
	"context"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/gofiber/fiber/v2"

	"butlerd/host/store"
)

// backupTimeout bounds one backup: until it ends, the store keeps the state that it
// is taken from.
const backupTimeout = 2 * time.Hour

// backup sends a backup of the ledger. One that breaks off has no trailer, so that
// nobody takes it for a whole one.
func (v v1) backup(c *fiber.Ctx) error {
	if q := newQuery(c); q.err != nil {
		return q.err
	}
	if err := v.answering(); err != nil {
		return err
	}
	c.Set(fiber.HeaderContentDisposition, `attachment; filename="butlerd-backup.json.gz"`)
	return v.streams.answer(c, "application/gzip", func(ctx context.Context, w *bufio.Writer) {
		defer func() {
			if r := recover(); r != nil { // nobody else is there to recover
				v.opts.Log.Error("sending a backup", "err", fmt.Errorf("%w: %v\n%s", errPanic, r, debug.Stack()))
			}
		}()
		ctx, cancel := context.WithTimeout(ctx, backupTimeout)
		defer cancel()
		err := v.opts.Backup(ctx, w)
		if err == nil {
			err = w.Flush()
		}
		if err != nil {
			v.opts.Log.Warn("a backup broke off", "err", err)
		}
	})
}

// answering says whether the store can be read: once a stream has begun, its status
// is told.
func (v v1) answering() error {
	ctx, cancel := v.ask()
	defer cancel()
	_, err := v.opts.History.Runs(ctx, store.RunQuery{Limit: 1})
	return err
}
