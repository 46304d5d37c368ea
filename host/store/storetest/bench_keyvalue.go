package storetest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"butlerd/host/store"
)

// benchKeyValues measures what is done to values beside a million others: a thousand
// namespaces of a thousand keys.
func benchKeyValues(b *testing.B, newOpener func(t testing.TB) Opener) {
	limits := store.KeyValueLimits{Namespaces: 1000, Keys: 1000, Bytes: 64 << 20}
	for _, namespaces := range []int{1, 1000} {
		b.Run(fmt.Sprintf("values beside %d", namespaces*1000), func(b *testing.B) {
			one := newBench(b, newOpener)
			one.fillValues(namespaces)
			b.Run("put of 1", func(b *testing.B) {
				for n := 0; b.Loop(); n++ {
					one.put(b, limits, kv(fmt.Sprint("n", n%namespaces), fmt.Sprint("k", n%1000), "changed"))
				}
			})
			b.Run("put of 1 by 50 at a time", func(b *testing.B) {
				for b.Loop() {
					together(50, func(i int) { one.put(b, limits, kv("n0", fmt.Sprint("k", i), "changed")) })
				}
			})
			b.Run("get of 1", func(b *testing.B) {
				for n := 0; b.Loop(); n++ {
					if _, err := one.st.Get(one.ctx, minute(1), fmt.Sprint("n", n%namespaces), fmt.Sprint("k", n%1000)); err != nil {
						b.Fatal(err)
					}
				}
			})
			b.Run("keys of a thousand", func(b *testing.B) {
				for b.Loop() {
					if keys, err := one.st.Keys(one.ctx, minute(1), "n0"); err != nil || len(keys) != 1000 {
						b.Fatal(len(keys), err)
					}
				}
			})
		})
	}
}

// put puts one value; it may be called by several goroutines.
func (b *bench) put(tb testing.TB, limits store.KeyValueLimits, v store.KeyValue) {
	if err := b.st.Put(b.ctx, minute(1), []store.KeyValue{v}, limits); err != nil {
		tb.Error(err)
	}
}

// fillValues makes so many namespaces of a thousand keys, of which some will expire.
func (b *bench) fillValues(namespaces int) {
	for n := range namespaces {
		all := make([]store.KeyValue, 1000)
		for i := range all {
			all[i] = kv(fmt.Sprint("n", n), fmt.Sprint("k", i), strings.Repeat("v", 20))
			if i%10 == 0 {
				all[i].ExpiresAt = minute(1000).Add(time.Duration(n) * time.Second)
			}
		}
		b.check(b.st.Put(b.ctx, minute(1), all, store.KeyValueLimits{}))
	}
}
