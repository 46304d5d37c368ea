package api

import (
	"net/http"

	"github.com/gofiber/fiber/v2"
)

func (v v4) listNamespaces(c *fiber.Ctx) error {
	ctx, cancel := v.ask()
	defer cancel()
	list, err := v.opts.KeyValues.Namespaces(ctx)
	if err != nil {
		return err
	}
	return reply(c, http.StatusOK, append([]string{}, list...))
}

// keyList are the keys of a namespace.
type keyList struct {
	Namespace string    `json:"namespace"`
	Keys      []keyView `json:"keys"`
}

type keyView struct {
	Key string `json:"key"`
}

func (v v4) listKeys(c *fiber.Ctx) error {
	namespace, err := pathText(c, "namespace")
	if err != nil {
		return err
	}
	ctx, cancel := v.ask()
	defer cancel()
	keys, err := v.opts.KeyValues.Keys(ctx, v.now(), namespace)
	if err != nil {
		return keyFault(err, namespace, "")
	}
	list := keyList{Namespace: namespace, Keys: []keyView{}}
	for _, key := range keys {
		list.Keys = append(list.Keys, keyView{key})
	}
	return reply(c, http.StatusOK, list)
}

func (v v4) deleteNamespace(c *fiber.Ctx) error {
	if _, err := v4Body(c); err != nil {
		return err
	}
	namespace, err := pathText(c, "namespace")
	if err != nil {
		return err
	}
	ctx, cancel := v.ask()
	defer cancel()
	if err := v.opts.KeyValues.RemoveNamespace(ctx, namespace); err != nil {
		return keyFault(err, namespace, "")
	}
	return c.SendStatus(http.StatusNoContent)
}
