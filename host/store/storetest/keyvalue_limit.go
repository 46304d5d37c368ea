package storetest

import (
	"errors"
	"fmt"
	"sync/atomic"

	"butlerd/host/store"
)

func keyValueLimitCases() []Case {
	return []Case{
		{Name: "no namespace has more keys than may be", test: limitsKeys},
		{Name: "there are no more namespaces than may be", test: limitsNamespaces},
		{Name: "values take no more bytes than may be", test: limitsBytes},
		{Name: "what has expired counts against no limit", test: limitsWithoutExpired},
		{Name: "values are put all or none", test: putsAllOrNone},
		{Name: "limits that were lowered let be what is there", test: limitsLowered},
		{Name: "limits hold for many at a time", test: limitsTogether},
		{Name: "limits hold in a copy", test: limitsInCopy},
	}
}

// tryPut puts at minute n; it reports false when there was no room.
func (f *fixture) tryPut(n int, limits store.KeyValueLimits, all ...store.KeyValue) bool {
	f.Helper()
	err := f.st.Put(f.ctx, minute(n), all, limits)
	if errors.Is(err, store.ErrFull) {
		return false
	}
	f.check("putting", err)
	return true
}

// fits checks whether there is room.
func (f *fixture) fits(what string, want bool, n int, limits store.KeyValueLimits, all ...store.KeyValue) {
	f.Helper()
	equal(f, "whether there is room for "+what, f.tryPut(n, limits, all...), want)
}

func limitsKeys(f *fixture) {
	limits := store.KeyValueLimits{Keys: 2}
	f.fits("two", true, 1, limits, kv("n", "a", ""), kv("n", "b", ""))
	f.fits("a third", false, 1, limits, kv("n", "c", ""))
	f.fits("one of two again", true, 1, limits, kv("n", "a", "long"), kv("n", "b", ""))
	f.fits("one in another namespace", true, 1, limits, kv("m", "c", ""))
	f.fits("three at once", false, 1, limits, kv("o", "a", ""), kv("o", "b", ""), kv("o", "c", ""))
	f.fits("three of which two are the same", true, 1, limits, kv("o", "a", ""), kv("o", "b", ""), kv("o", "a", ""))
	f.check("removing", f.st.Remove(f.ctx, minute(1), "n", "a"))
	f.fits("a third when one is gone", true, 1, limits, kv("n", "c", ""))
	f.fits("a fourth then", false, 1, limits, kv("n", "d", ""))
	f.refused(f.st.Put(f.ctx, minute(1), []store.KeyValue{kv("n", "d", "")}, limits), store.ErrFull, `2 keys are kept of a namespace, and "n"`)
}

func limitsNamespaces(f *fixture) {
	limits := store.KeyValueLimits{Namespaces: 2}
	f.fits("two", true, 1, limits, kv("a", "k", ""), expiring("b", "k", "", 5))
	f.fits("a third", false, 1, limits, kv("c", "k", ""))
	f.fits("more in one that is there", true, 1, limits, kv("a", "l", ""))
	f.fits("a third when one is empty", false, 9, limits, kv("c", "k", ""))
	f.check("removing", f.st.RemoveNamespace(f.ctx, "b"))
	f.fits("a third when one is gone", true, 9, limits, kv("c", "k", ""))
	f.refused(f.st.Put(f.ctx, minute(1), []store.KeyValue{kv("d", "", "")}, limits), store.ErrFull, "2 namespaces")
}

func limitsBytes(f *fixture) {
	limits := store.KeyValueLimits{Bytes: 10}
	f.fits("ten bytes", true, 1, limits, kv("namespaces do not count", "ab", "åå"), kv("n", "c", "xyz"))
	f.fits("one more", false, 1, limits, kv("n", "d", ""))
	f.fits("one that is longer", false, 1, limits, kv("n", "c", "wxyz"))
	f.fits("one as long", true, 1, limits, kv("n", "c", "uvw"))
	f.fits("one that is shorter, and another", true, 1, limits, kv("n", "d", "1"), kv("n", "c", "z"))
	f.fits("one more then", false, 1, limits, kv("n", "e", ""))
	f.check("removing", f.st.Remove(f.ctx, minute(1), "n", "c"))
	f.fits("two more", true, 1, limits, kv("n", "e", "2"))
	f.fits("none more", false, 1, limits, kv("n", "f", ""))
	f.check("removing", f.st.RemoveNamespace(f.ctx, "n"))
	f.fits("four more", true, 1, limits, kv("n", "f", "123"))
	f.refused(f.st.Put(f.ctx, minute(1), []store.KeyValue{kv("n", "g", "")}, limits), store.ErrFull, "10 bytes")
}

func limitsWithoutExpired(f *fixture) {
	keys := store.KeyValueLimits{Keys: 300}
	for n := range 300 {
		f.put(1, expiring("n", fmt.Sprint("k", n), "v", 5+n%2), expiring("m", fmt.Sprint("k", n), "v", 4))
	}
	f.fits("one more key", false, 4, keys, kv("n", "new", ""))
	f.fits("one that is there", true, 4, keys, expiring("n", "k7", "", 20))
	f.fits("one more key when half have expired", true, 5, keys, kv("n", "new", ""))
	f.put(5, expiring("b", "first", "12345", 7), expiring("b", "second", "1234", 8))
	f.removeExpired(6, store.MaxPage)
	bytes := store.KeyValueLimits{Bytes: 30} // the two, those of k7 and of new
	f.fits("a long one", false, 6, bytes, kv("n", "x", "1234567"))
	f.fits("a long one when another has expired", true, 7, bytes, kv("n", "x", "1234567"))
	f.fits("one in place of one that has expired", true, 8, store.KeyValueLimits{Keys: 2}, kv("b", "second", ""))
	f.fits("one beside it", true, 8, store.KeyValueLimits{Keys: 2}, kv("b", "third", ""))
	f.fits("a third beside them", false, 8, store.KeyValueLimits{Keys: 2}, kv("b", "fourth", ""))
}

func putsAllOrNone(f *fixture) {
	limits := store.KeyValueLimits{Keys: 1, Namespaces: 2}
	f.put(1, kv("n", "a", "old"))
	f.fits("a change and too much", false, 2, limits, kv("n", "a", "new"), kv("m", "a", ""), kv("n", "b", ""))
	equal(f, "the value", f.get(2, "n", "a"), "old")
	equal(f, "the namespaces", f.namespaces(), []string{"n"})
	f.fits("what there was room for", true, 2, limits, kv("n", "a", "new"), kv("m", "a", ""))
}

func limitsLowered(f *fixture) {
	f.put(1, kv("n", "a", "12345"), kv("n", "b", "12345"), kv("m", "a", ""))
	limits := store.KeyValueLimits{Keys: 1, Namespaces: 1, Bytes: 4}
	f.fits("less", true, 2, limits, kv("n", "a", "123"))
	f.fits("as much", true, 2, limits, kv("n", "a", "321"))
	f.fits("more", false, 2, limits, kv("n", "a", "4321"))
	f.fits("another key", false, 2, limits, kv("n", "c", ""))
}

func limitsTogether(f *fixture) {
	limits := store.KeyValueLimits{Keys: 20, Namespaces: 2, Bytes: 1000}
	var kept atomic.Int32
	together(16, func(i int) {
		for n := range 6 {
			err := f.st.Put(f.ctx, minute(1), []store.KeyValue{kv(fmt.Sprint(i%3), fmt.Sprintf("%02d-%d", i, n), "v")}, limits)
			if err == nil {
				kept.Add(1)
			} else if !errors.Is(err, store.ErrFull) {
				f.Error(err)
			}
		}
	})
	all := 0
	for _, name := range f.namespaces() {
		n := len(f.keys(1, name))
		equal(f, "how many keys there are", n, 20)
		all += n
	}
	equal(f, "how many there are", all, int(kept.Load()))
	equal(f, "how many namespaces there are", len(f.namespaces()), 2)
}

func limitsInCopy(f *fixture) {
	f.put(1, kv("n", "a", "1234"), expiring("n", "b", "12", 5), kv("m", "c", ""))
	to := f.copied(f.export())
	to.fits("a third key", false, 1, store.KeyValueLimits{Keys: 2}, kv("n", "c", ""))
	to.fits("a third namespace", false, 1, store.KeyValueLimits{Namespaces: 2}, kv("o", "c", ""))
	to.fits("a tenth byte", false, 1, store.KeyValueLimits{Bytes: 9}, kv("m", "c", "1"))
	to.fits("a third key when one has expired", true, 5, store.KeyValueLimits{Keys: 2, Bytes: 9, Namespaces: 2}, kv("n", "c", "1"))
	equal(f, "the order of the copy", to.keys(1, "n"), []string{"a", "c"})
}
