package host

import (
	"log/slog"
	"time"
)

// closers are what Stop does, in the reverse of the order in which the parts
// started.
type closers []closer

type closer struct {
	name  string
	close func() error
}

func (c *closers) add(name string, close func() error) {
	*c = append(*c, closer{name: name, close: close})
}

// close closes everything that was added, the last first, and logs each step
// with its time: a host that is slow to stop says where.
func (c *closers) close(log *slog.Logger) {
	for i := len(*c) - 1; i >= 0; i-- {
		part := (*c)[i]
		begun := time.Now()
		if err := part.close(); err != nil {
			log.Error("stopping", "part", part.name, "err", err)
			continue
		}
		log.Debug("stopped", "part", part.name, "took", time.Since(begun).Round(time.Millisecond))
	}
	*c = nil
}
