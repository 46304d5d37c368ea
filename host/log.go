package host

import (
	"errors"
	"io"
	"log/slog"
	"net"

	"butlerd/host/config"
)

// newLog makes the log that the configuration asks for.
func newLog(w io.Writer, c config.Host) *slog.Logger {
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.LogLevel)); err != nil {
		level = slog.LevelInfo // the configuration allows known levels only
	}
	o := &slog.HandlerOptions{Level: level}
	if c.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(w, o))
	}
	return slog.New(slog.NewTextHandler(w, o))
}

// plainNetError says the commonest mistake in words.
func plainNetError(err error) error {
	if errors.Is(err, errAddrInUse) {
		return errors.New("the port is in use by another program (another butlerd?): stop it, or choose another port with -listen; port 0 picks a free one")
	}
	var op *net.OpError
	if errors.As(err, &op) {
		return op.Err
	}
	return err
}

// discard is a log for what nobody reads.
func discard() *slog.Logger { return slog.New(slog.DiscardHandler) }
