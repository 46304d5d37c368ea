package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"butlerd/host/store"
)

func keyValueRaceCases() []SharedCase {
	return []SharedCase{
		{Name: "hosts that put at a time keep to the limits together", test: hostsPut},
	}
}

// hostsPut has four hosts fill one namespace, and remove from it, at once.
func hostsPut(c *cluster) {
	const most = 30
	limits := store.KeyValueLimits{Keys: most, Namespaces: 1, Bytes: most * 5}
	var stores []store.Store
	for range 4 {
		st := c.open(c)
		c.Cleanup(func() {
			if err := st.Close(); err != nil {
				c.Error(err)
			}
		})
		stores = append(stores, st)
	}
	ctx := context.Background()
	var there atomic.Int32
	together(16, func(i int) {
		st := stores[i%len(stores)]
		for n := range 8 {
			v := kv(fmt.Sprint("n", i/14), fmt.Sprintf("%02d-%d", i, n), "v")
			err := st.Put(ctx, minute(1), []store.KeyValue{v}, limits)
			if err != nil && !errors.Is(err, store.ErrFull) {
				c.Error(err)
			}
			if err != nil {
				continue
			}
			there.Add(1)
			if n%4 == 0 {
				if err := st.Remove(ctx, minute(1), v.Namespace, v.Key); err != nil {
					c.Error(err)
				}
				there.Add(-1)
			}
		}
	})
	names, err := stores[0].Namespaces(ctx)
	if err != nil || len(names) != 1 {
		c.Fatalf("the namespaces are %q, %v", names, err)
	}
	keys, err := stores[1].Keys(ctx, minute(1), names[0])
	if err != nil || len(keys) != int(there.Load()) || len(keys) > most {
		c.Errorf("there are %d keys, %v; %d were put", len(keys), err, there.Load())
	}
	// The totals are right when there is room for just so many more.
	for n := len(keys); n <= most; n++ {
		err := stores[2].Put(ctx, minute(1), []store.KeyValue{kv(names[0], fmt.Sprintf("x%03d", n), "v")}, limits)
		if full := errors.Is(err, store.ErrFull); full != (n == most) || err != nil && !full {
			c.Fatalf("putting beside %d: %v", n, err)
		}
	}
}
