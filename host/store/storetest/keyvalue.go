package storetest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"butlerd/host/store"
)

func keyValueCases() []Case {
	return []Case{
		{Name: "values come back, also after opening again", Reopens: true, test: valuesComeBack},
		{Name: "values have names of any text", Reopens: true, test: valuesWithOddNames},
		{Name: "keys and namespaces are listed in the order in which they came", Reopens: true, test: keysInOrder},
		{Name: "a value that has expired is not there", test: valuesExpire},
		{Name: "what has expired is removed, the first first, and a little at a time", test: expiredAreRemoved},
		{Name: "a key is removed, and its namespace stays", test: removesKeys},
		{Name: "a namespace is removed with its keys", test: removesNamespaces},
		{Name: "names and values that nobody can put are refused", test: refusesValues},
		{Name: "an import beside a namespace is refused", test: importBesideNamespaces},
	}
}

// kv is a value that does not expire.
func kv(namespace, key, value string) store.KeyValue {
	return store.KeyValue{Namespace: namespace, Key: key, Value: value}
}

// expiring is a value that is gone at minute n.
func expiring(namespace, key, value string, n int) store.KeyValue {
	return store.KeyValue{Namespace: namespace, Key: key, Value: value, ExpiresAt: minute(n)}
}

// put puts at minute n, without limits.
func (f *fixture) put(n int, all ...store.KeyValue) {
	f.Helper()
	f.check("putting", f.st.Put(f.ctx, minute(n), all, store.KeyValueLimits{}))
}

// get is the value at minute n; "none" or "no namespace" when it is not there.
func (f *fixture) get(n int, namespace, key string) string {
	f.Helper()
	v, err := f.st.Get(f.ctx, minute(n), namespace, key)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return "none"
	case errors.Is(err, store.ErrNoNamespace):
		return "no namespace"
	}
	f.check("getting", err)
	equal(f, "the name", v.Name(), store.KeyName{Namespace: namespace, Key: key})
	return v.Value
}

func (f *fixture) keys(n int, namespace string) []string {
	f.Helper()
	keys, err := f.st.Keys(f.ctx, minute(n), namespace)
	f.check("listing keys", err)
	return keys
}

func (f *fixture) namespaces() []string {
	f.Helper()
	all, err := f.st.Namespaces(f.ctx)
	f.check("listing namespaces", err)
	return all
}

func (f *fixture) removeExpired(n, limit int) int {
	f.Helper()
	removed, err := f.st.RemoveExpired(f.ctx, minute(n), limit)
	f.check("removing what has expired", err)
	return removed
}

func valuesComeBack(f *fixture) {
	equal(f, "the namespaces of none", len(f.namespaces()), 0)
	equal(f, "a value of no namespace", f.get(1, "n", "k"), "no namespace")
	v := expiring("n", "k", "a\nb", 5)
	v.ExpiresAt = v.ExpiresAt.Add(1500 * time.Nanosecond)
	f.put(1, v, kv("n", "other", ""), kv("m", "k", "<å>"))
	v.ExpiresAt = minute(5).Add(time.Microsecond) // as it is kept
	for range 2 {
		got, err := f.st.Get(f.ctx, minute(1), "n", "k")
		f.check("getting", err)
		equal(f, "the value", got, v)
		equal(f, "the others", []string{f.get(1, "n", "other"), f.get(1, "m", "k"), f.get(1, "m", "other")}, []string{"", "<å>", "none"})
		f.reopen()
	}
	f.put(2, kv("n", "k", "2"), kv("n", "k", "3"))
	equal(f, "the value that was put last", f.get(100, "n", "k"), "3")
	f.put(2)
}

func valuesWithOddNames(f *fixture) {
	names := append(odd(), "", "__proto__", "constructor", "a b/c?d#å", "..", "A", "a", "a ", strings.Repeat("å", store.MaxKey/2))
	var all []store.KeyValue
	for i, name := range names {
		all = append(all, kv(name, name, fmt.Sprint(i)), kv("", name, name))
	}
	f.put(1, all...)
	f.reopen()
	for i, name := range names {
		equal(f, fmt.Sprintf("the value of %.20q", name), f.get(1, name, name), map[bool]string{true: name, false: fmt.Sprint(i)}[name == ""])
		equal(f, fmt.Sprintf("the value of %.20q in the empty namespace", name), f.get(1, "", name), name)
	}
	equal(f, "the keys", len(f.keys(1, "")), len(names))
	equal(f, "the namespaces", len(f.namespaces()), len(names))
}

func keysInOrder(f *fixture) {
	f.put(1, kv("z", "c", ""), kv("a", "b", ""), kv("z", "b", ""), kv("z", "c", "again"))
	f.put(2, expiring("z", "a", "", 10), kv("m", "x", ""), kv("z", "d", ""))
	f.put(3, kv("z", "c", "changed"), kv("a", "a", ""))
	check := func(want ...string) {
		f.Helper()
		equal(f, "the namespaces", f.namespaces(), []string{"z", "a", "m"})
		equal(f, "the keys", f.keys(5, "z"), want)
	}
	check("c", "b", "a", "d")
	f.reopen()
	check("c", "b", "a", "d")
	f.check("removing", f.st.Remove(f.ctx, minute(4), "z", "b"))
	f.put(4, kv("z", "b", ""))
	check("c", "a", "d", "b")
	equal(f, "the keys when one has expired", f.keys(10, "z"), []string{"c", "d", "b"})
	f.put(10, kv("z", "a", "new")) // in a new place
	equal(f, "the keys when it was put again", f.keys(10, "z"), []string{"c", "d", "b", "a"})
	f.check("removing", f.st.RemoveNamespace(f.ctx, "z"))
	f.put(11, kv("z", "k", ""))
	equal(f, "the namespaces when one was made again", f.namespaces(), []string{"a", "m", "z"})
	_, err := f.st.Keys(f.ctx, minute(1), "absent")
	f.refused(err, store.ErrNoNamespace, `"absent"`)
}

func valuesExpire(f *fixture) {
	f.put(1, expiring("n", "k", "v", 5), kv("n", "stays", "v"))
	equal(f, "just before", f.get(4, "n", "k"), "v")
	equal(f, "at its instant", f.get(5, "n", "k"), "none")
	equal(f, "the keys at its instant", f.keys(5, "n"), []string{"stays"})
	f.refused(f.st.Remove(f.ctx, minute(5), "n", "k"), store.ErrNotFound, `"k"`)
	f.put(4, expiring("n", "k", "longer", 9))
	equal(f, "when it was put for longer", f.get(5, "n", "k"), "longer")
	f.put(5, kv("n", "k", "for ever"))
	equal(f, "when it was put for ever", f.get(100, "n", "k"), "for ever")
	f.put(6, expiring("alone", "k", "v", 7))
	equal(f, "the only one of a namespace", f.get(8, "alone", "k"), "none")
	equal(f, "its keys", len(f.keys(8, "alone")), 0)
}

func expiredAreRemoved(f *fixture) {
	for n := range 10 {
		f.put(1, expiring("n", fmt.Sprint("k", n), "v", 20-n))
	}
	f.put(1, kv("n", "stays", "v"), expiring("m", "k", "v", 14))
	equal(f, "what is removed before", f.removeExpired(10, 5), 0)
	equal(f, "what is removed first", f.removeExpired(15, 3), 3)
	// Seen from before, what expired last is there still.
	equal(f, "what is left", f.keys(1, "n"), []string{"k0", "k1", "k2", "k3", "k4", "k5", "k6", "stays"})
	equal(f, "what is removed then", f.removeExpired(15, 1000), 3)
	equal(f, "what is left then", f.keys(1, "n"), []string{"k0", "k1", "k2", "k3", "k4", "stays"})
	equal(f, "the other namespace", f.get(1, "m", "k"), "none")
	for _, limit := range []int{0, -1, store.MaxPage + 1} {
		if _, err := f.st.RemoveExpired(f.ctx, minute(1), limit); err == nil {
			f.Errorf("the limit %d is accepted", limit)
		}
	}
	for n := range 3 * 100 {
		f.put(1, expiring("many", fmt.Sprint("k", n), "v", 3))
	}
	equal(f, "what is removed of many", f.removeExpired(4, 250), 250)
	equal(f, "what is removed of the rest", f.removeExpired(4, 250), 50)
}

func removesKeys(f *fixture) {
	f.put(1, kv("n", "a", "1"), kv("n", "b", "2"))
	f.check("removing", f.st.Remove(f.ctx, minute(2), "n", "a"))
	equal(f, "the keys", f.keys(2, "n"), []string{"b"})
	f.refused(f.st.Remove(f.ctx, minute(2), "n", "a"), store.ErrNotFound, `"a"`)
	f.refused(f.st.Remove(f.ctx, minute(2), "absent", "a"), store.ErrNoNamespace, `"absent"`)
	f.check("removing", f.st.Remove(f.ctx, minute(2), "n", "b"))
	equal(f, "the namespaces", f.namespaces(), []string{"n"})
	equal(f, "the keys of the empty one", len(f.keys(2, "n")), 0)
	equal(f, "a value of it", f.get(2, "n", "b"), "none")
}

func removesNamespaces(f *fixture) {
	f.put(1, kv("n", "a", "1"), expiring("n", "b", "2", 5), kv("m", "a", "3"))
	f.check("removing", f.st.RemoveNamespace(f.ctx, "n"))
	equal(f, "the namespaces", f.namespaces(), []string{"m"})
	equal(f, "a value of it", f.get(1, "n", "a"), "no namespace")
	equal(f, "a value of another", f.get(1, "m", "a"), "3")
	f.refused(f.st.RemoveNamespace(f.ctx, "n"), store.ErrNoNamespace, `"n"`)
	f.put(2, kv("n", "c", ""))
	equal(f, "its keys when it was made again", f.keys(2, "n"), []string{"c"})
	removesLargeNamespaces(f)
}

// removesLargeNamespaces removes more than goes at once, by number and by length.
func removesLargeNamespaces(f *fixture) {
	var many []store.KeyValue
	for n := range 600 {
		many = append(many, kv("large", fmt.Sprint("k", n), "v"))
	}
	f.put(2, many...)
	for n := range 9 {
		f.put(2, kv("large", fmt.Sprint("long", n), strings.Repeat("x", store.MaxDocument-16)))
	}
	f.check("removing", f.st.RemoveNamespace(f.ctx, "large"))
	equal(f, "a value of the large one", f.get(2, "large", "k1"), "no namespace")
	f.put(3, kv("large", "c", ""))
	equal(f, "the keys of the large one made again", f.keys(3, "large"), []string{"c"})
	// The totals are right: there is room for as little as there was.
	f.check("putting within the limits", f.st.Put(f.ctx, minute(3), []store.KeyValue{kv("n", "d", "1")},
		store.KeyValueLimits{Namespaces: 3, Keys: 2, Bytes: 16}))
}

func refusesValues(f *fixture) {
	many := slices.Repeat([]store.KeyValue{kv("n", "k", "")}, store.MaxPage+1)
	half := strings.Repeat("x", store.MaxDocument/2)
	for name, tt := range map[string]struct {
		list []store.KeyValue
		want error
	}{
		"a long namespace":         {[]store.KeyValue{kv(strings.Repeat("n", store.MaxKey+1), "k", "")}, store.ErrTooLarge},
		"a long key":               {[]store.KeyValue{kv("n", strings.Repeat("k", store.MaxKey+1), "")}, store.ErrTooLarge},
		"a long value":             {[]store.KeyValue{kv("n", "k", strings.Repeat("v", store.MaxDocument+1))}, store.ErrTooLarge},
		"values long together":     {[]store.KeyValue{kv("n", "k", half), kv("n", "l", half)}, store.ErrTooLarge},
		"too many values":          {many, store.ErrTooLarge},
		"a namespace with NUL":     {[]store.KeyValue{kv("a\x00b", "k", "")}, store.ErrNotText},
		"a key that is no UTF-8":   {[]store.KeyValue{kv("n", "\xff", "")}, store.ErrNotText},
		"a value with NUL":         {[]store.KeyValue{kv("n", "k", "\x00")}, store.ErrNotText},
		"a value that is no UTF-8": {[]store.KeyValue{kv("n", "ok", ""), kv("n", "k", "\xc3")}, store.ErrNotText},
	} {
		if err := f.st.Put(f.ctx, minute(1), tt.list, store.KeyValueLimits{}); !errors.Is(err, tt.want) {
			f.Errorf("%s: got the error %v", name, err)
		}
	}
	equal(f, "the namespaces", len(f.namespaces()), 0)
	_, get := f.st.Get(f.ctx, minute(1), "n", "\x00")
	_, keys := f.st.Keys(f.ctx, minute(1), "\xff")
	for name, err := range map[string]error{
		"Get": get, "Keys": keys,
		"Remove":          f.st.Remove(f.ctx, minute(1), "\x00", "k"),
		"RemoveNamespace": f.st.RemoveNamespace(f.ctx, "\x00"),
	} {
		if !errors.Is(err, store.ErrNotText) {
			f.Errorf("%s: got the error %v", name, err)
		}
	}
	longest := kv(strings.Repeat("n", store.MaxKey), "", "")
	longest.Key = long(store.MaxKey)
	longest.Value = long(store.MaxDocument - len(longest.Key))
	f.put(1, longest)
	equal(f, "whether the longest value is there", f.get(1, longest.Namespace, longest.Key) == longest.Value, true)
}

func importBesideNamespaces(f *fixture) {
	records := f.export()
	to := f.another()
	to.put(1, kv("n", "k", "v"))
	if err := to.st.Import(f.ctx, recordsOf(records)); !errors.Is(err, store.ErrExists) {
		f.Errorf("got the error %v", err)
	}
}
