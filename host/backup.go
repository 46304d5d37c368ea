package host

import (
	"context"
	"io"

	"butlerd/host/backup"
)

// backup implements the member of api.Options.
func (h *Host) backup(ctx context.Context, w io.Writer) error {
	_, err := backup.Write(ctx, w, h.store, h.opts.Version, h.keeper.Now())
	return err
}
