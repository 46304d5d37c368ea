package api

import (
	"context"
	"errors"
	"net/http"

	"github.com/gofiber/fiber/v2"

	"butlerd/host/store"
)

// selfID stands in a path for the id of the host that answers, which a caller
// behind a load balancer does not know.
const selfID = "self"

// drain asks a host to claim and take nothing any more, or again. It is answered
// with the host as it is then: it may not have heard of it yet.
func (v v1) drain(on bool) fiber.Handler {
	return func(c *fiber.Ctx) error {
		if err := noMembers(c); err != nil {
			return err
		}
		id, ok := pathID(c)
		if !ok {
			return noHost()
		}
		if id == selfID {
			id = v.opts.Hosts.Self()
		}
		ctx, cancel := v.ask()
		defer cancel()
		err := v.opts.Hosts.Drain(ctx, id, on, byAPI)
		if errors.Is(err, store.ErrNotFound) {
			return noHost()
		}
		if err != nil {
			return err
		}
		view, err := v.findHost(ctx, id)
		if err != nil {
			return err
		}
		return reply(c, http.StatusAccepted, view)
	}
}

func (v v1) findHost(ctx context.Context, id string) (hostView, error) {
	hosts, err := v.opts.Hosts.List(ctx)
	if err != nil {
		return hostView{}, err
	}
	for _, view := range v.hostViews(hosts) {
		if view.ID == id {
			return view, nil
		}
	}
	return hostView{}, noHost()
}

func noHost() *fault { return notFound("there is no host of this id that holds a lease") }
