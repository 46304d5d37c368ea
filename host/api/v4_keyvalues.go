package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/gofiber/fiber/v2"

	"butlerd/host/store"
)

func (v v4) keyValueRoutes(app *fiber.App) {
	on := v.on("keyValueStore")
	app.Get("/v4/keyvaluesnamespaces", on, v.listNamespaces)
	app.Get("/v4/keylist/:namespace", on, v.listKeys)
	app.Get("/v4/keyvalues/:namespace", on, v.getPair)
	app.Get("/v4/keyvalues/:namespace/keyexists", on, v.pairExists)
	app.Post("/v4/keyvalues/:namespace", on, v.postPair)
	app.Delete("/v4/keyvalues/:namespace", on, v.deleteNamespace)
	app.Delete("/v4/keyvalues/:namespace/:key", on, v.deletePair)

	// The empty text names a namespace like any other, but no key.
	app.Get("/v4/keylist/", on, v.listKeys)
	app.Get("/v4/keyvalues/", on, v.getPair)
	app.Get("/v4/keyvalues//keyexists", on, v.pairExists)
	app.Post("/v4/keyvalues/", on, v.postPair)
	app.Delete("/v4/keyvalues/", on, v.deleteNamespace)
	app.Delete("/v4/keyvalues//", on, v.deletePair)
	app.Delete("/v4/keyvalues//:key", on, v.deletePair)
	app.Delete("/v4/keyvalues/:namespace/", on, v.deletePair)
}

// keyValueView is what is there under a key.
type keyValueView struct {
	Namespace string `json:"namespace"`
	Key       string `json:"key"`
	Value     string `json:"value"`
}

func (v v4) getPair(c *fiber.Ctx) error {
	namespace, key, err := asked(c)
	if err != nil {
		return err
	}
	ctx, cancel := v.ask()
	defer cancel()
	kv, err := v.opts.KeyValues.Get(ctx, v.now(), namespace, key)
	if err != nil {
		return keyFault(err, namespace, key)
	}
	return reply(c, http.StatusOK, keyValueView{namespace, key, kv.Value})
}

// existence says whether something is there under a key. KeyValue is {} if not.
type existence struct {
	KeyExists bool `json:"keyExists"`
	KeyValue  any  `json:"keyValue"`
}

func (v v4) pairExists(c *fiber.Ctx) error {
	namespace, key, err := asked(c)
	if err != nil {
		return err
	}
	ctx, cancel := v.ask()
	defer cancel()
	kv, err := v.opts.KeyValues.Get(ctx, v.now(), namespace, key)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return reply(c, http.StatusOK, existence{KeyValue: struct{}{}})
	case err != nil:
		return keyFault(err, namespace, key)
	}
	return reply(c, http.StatusOK, existence{KeyExists: true, KeyValue: keyValueView{namespace, key, kv.Value}})
}

// asked are the namespace in the path and the key in the query.
func asked(c *fiber.Ctx) (namespace, key string, err error) {
	if namespace, err = pathText(c, "namespace"); err != nil {
		return "", "", err
	}
	if key, err = queryText(c, "key"); err != nil {
		return "", "", err
	}
	return namespace, key, checkKey("querystring/key", key)
}

func (v v4) postPair(c *fiber.Ctx) error {
	namespace, err := pathText(c, "namespace")
	if err != nil {
		return err
	}
	m, err := v4Object(c)
	if err != nil {
		return err
	}
	p, err := m.pair(namespace, "body")
	if err != nil {
		return err
	}
	ctx, cancel := v.ask()
	defer cancel()
	if err := v.putPairs(ctx, []store.KeyValue{p.keyValue(v.now())}); err != nil {
		return err
	}
	return reply(c, http.StatusCreated, p)
}

// putPairs keeps values, all or none, within the limits in force. Beyond one it is
// a fault that says which.
func (v v4) putPairs(ctx context.Context, list []store.KeyValue) error {
	limits := v.settings().KeyValues
	err := v.opts.KeyValues.Put(ctx, v.now(), list, store.KeyValueLimits{
		Namespaces: limits.MaxNamespaces, Keys: limits.MaxKeys, Bytes: int64(limits.MaxBytes),
	})
	if errors.Is(err, store.ErrNotText) {
		return invalid("the values cannot be kept: " + err.Error())
	}
	return err
}

func (v v4) deletePair(c *fiber.Ctx) error {
	if _, err := v4Body(c); err != nil {
		return err
	}
	namespace, err := pathText(c, "namespace")
	if err != nil {
		return err
	}
	key, err := pathText(c, "key")
	switch {
	case err != nil:
		return err
	case key == "":
		return invalid("Required parameter is missing")
	}
	ctx, cancel := v.ask()
	defer cancel()
	if err := v.opts.KeyValues.Remove(ctx, v.now(), namespace, key); err != nil {
		return keyFault(err, namespace, key)
	}
	return c.SendStatus(http.StatusNoContent)
}

// keyFault words what is not there as Butler does.
func keyFault(err error, namespace, key string) error {
	switch {
	case errors.Is(err, store.ErrNoNamespace):
		return invalid("Namespace not found: " + namespace)
	case errors.Is(err, store.ErrNotFound):
		return invalid("Key '" + key + "' not found in namespace: " + namespace)
	}
	return err
}

// now is the time by which values expire.
func (s *Server) now() time.Time { return s.opts.Now().UTC() }
