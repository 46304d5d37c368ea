package api

import (
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"butlerd/host/config"
	"butlerd/host/store"
)

func TestKeyValues(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	post := func(name, body string, status int, says string) scenario {
		return scenario{name: name, method: "POST", path: "/v4/keyvalues/ns", body: body, header: []string{asJSON}, status: status, says: []string{says}}
	}
	b.play(t, []scenario{
		post("keeps a number as text", `{"key":1,"value":2}`, 201, `{"namespace":"ns","key":"1","value":"2","ttl":0}`),
		post("takes a fraction of a millisecond away", `{"key":"a","value":"v","ttl":60000.9}`, 201, `"ttl":60000`),
		post("takes a number with blanks", `{"key":"a","value":"v","ttl":" 5e3 "}`, 201, `"ttl":5000`),
		post("takes true for one", `{"key":"a","value":"v","ttl":true}`, 201, `"ttl":1`),
		post("takes a list of one", `{"key":["a"],"value":["v"],"ttl":[false]}`, 201, `"ttl":0`),
		post("refuses words", `{"key":"a","value":"v","ttl":"abc"}`, 400, "body/ttl must be number"),
		post("refuses infinity", `{"key":"a","value":"v","ttl":"Infinity"}`, 400, "body/ttl must be number"),
		post("refuses a number beyond all bounds", `{"key":"a","value":"v","ttl":1e999}`, 400, "body/ttl must be number"),
		post("refuses a thousand years", `{"key":"a","value":"v","ttl":31536000000000}`, 400, "body/ttl must be <= 3153600000000"),
		post("refuses a thousand years ago", `{"key":"a","value":"v","ttl":-1e300}`, 400, "body/ttl must be <="),
		post("refuses NUL in a value", `{"key":"a","value":"\u0000"}`, 400, "body/value must not contain NUL"),
		post("refuses NUL in a key", `{"key":"\u0000","value":""}`, 400, "body/key must not contain NUL"),
		post("takes line breaks", `{"key":"a\nb","value":"c\u0001"}`, 201, `"key":"a\nb"`),
		post("takes a key of 300 characters", `{"key":"`+strings.Repeat("å", 300)+`","value":"v"}`, 201, "ååå"),
		post("refuses a key of more than a KiB", `{"key":"`+strings.Repeat("x", store.MaxKey+1)+`","value":"v"}`, 400, "body/key must not be longer than 1024 bytes"),
		{name: "finds none of that", method: "GET", path: "/v4/keyvalues/ns?key=" + strings.Repeat("x", store.MaxKey+1), status: 400, says: []string{"querystring/key must not be longer"}},
		{name: "takes a body without a type", method: "POST", path: "/v4/keyvalues/ns", body: `{"key":"typeless","value":"v"}`, status: 201},
		{name: "refuses text", method: "POST", path: "/v4/keyvalues/ns", body: `{"key":"a"}`, header: []string{"Content-Type: text/plain"}, status: 415},
		{name: "refuses NUL in a namespace", method: "POST", path: "/v4/keyvalues/%00", body: `{"key":"a"}`, header: []string{asJSON}, status: 400, says: []string{"namespace must not contain NUL"}},
		{name: "takes a plus in a query for a blank", method: "POST", path: "/v4/keyvalues/a+b", body: `{"key":"c d","value":"1"}`, header: []string{asJSON}, status: 201, says: []string{`"namespace":"a+b"`}},
		{name: "and finds it so", method: "GET", path: "/v4/keyvalues/a+b?key=c+d", status: 200, says: []string{`{"namespace":"a+b","key":"c d","value":"1"}`}},
		{name: "finds it with %20 too", method: "GET", path: "/v4/keyvalues/a%2Bb?key=c%20d", status: 200},
		{name: "takes a slash in a namespace", method: "GET", path: "/v4/keyvalues/a%2Fb?key=c", status: 400, says: []string{"Namespace not found: a/b"}},
		{name: "takes 100 characters in a path", method: "DELETE", path: "/v4/keyvalues/" + strings.Repeat("%C3%A5", 100), status: 400, says: []string{"Namespace not found: å"}},
		{name: "knows no path with 101", method: "GET", path: "/v4/keylist/" + strings.Repeat("%C3%A5", 101), status: 404, says: []string{"Route GET:/v4/keylist/"}},
		{name: "keeps values in the namespace without a name", method: "POST", path: "/v4/keyvalues/", body: `{"key":"k","value":"v"}`, header: []string{asJSON}, status: 201},
		{name: "gets them", method: "GET", path: "/v4/keyvalues/?key=k", status: 200, says: []string{`"namespace":""`}},
		{name: "says that they exist", method: "GET", path: "/v4/keyvalues//keyexists?key=k", status: 200, says: []string{`"keyExists":true`}},
		{name: "lists them", method: "GET", path: "/v4/keylist/", status: 200, says: []string{`{"namespace":"","keys":[{"key":"k"}]}`}},
		{name: "deletes no empty key", method: "DELETE", path: "/v4/keyvalues//", status: 400, says: []string{"Required parameter is missing"}},
		{name: "deletes them", method: "DELETE", path: "/v4/keyvalues//k", status: 204},
		{name: "deletes that namespace", method: "DELETE", path: "/v4/keyvalues/", status: 204},
		{name: "deletes it once", method: "DELETE", path: "/v4/keyvalues/", status: 400, says: []string{"Namespace not found: "}},
	})
}

func TestValuesExpire(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setup(t, nil)
		put := func(body string) {
			if a := b.send("POST", "/v4/keyvalues/ns", body, asJSON); a.Status != 201 {
				t.Fatalf("%d %s", a.Status, a.Body)
			}
		}
		get := func() int { return b.send("GET", "/v4/keyvalues/ns?key=a", "").Status }
		put(`{"key":"a","value":"v","ttl":"5000"}`)
		time.Sleep(4999 * time.Millisecond)
		if got := get(); got != 200 {
			t.Errorf("before its time: %d", got)
		}
		time.Sleep(time.Millisecond)
		if got := get(); got != 400 {
			t.Errorf("after it: %d", got)
		}
		put(`{"key":"a","value":"v"}`)
		time.Sleep(1000 * time.Hour)
		if got := get(); got != 200 {
			t.Errorf("without a time: %d", got)
		}
		put(`{"key":"a"}`)
		if got := get(); got != 400 {
			t.Errorf("without a value: %d", got)
		}
	})
}

// TestValuesExpireByTheClockOfTheStore has a clock that is not this machine's.
func TestValuesExpireByTheClockOfTheStore(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var ahead atomic.Int64
		b := setup(t, func(o *Options) { o.Now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) } })
		if a := b.send("POST", "/v4/keyvalues/ns", `{"key":"a","value":"v","ttl":"5000"}`, asJSON); a.Status != 201 {
			t.Fatalf("%d %s", a.Status, a.Body)
		}
		ahead.Store(int64(5 * time.Second))
		if got := b.send("GET", "/v4/keyvalues/ns?key=a", "").Status; got != 400 {
			t.Errorf("after its time by that clock: %d", got)
		}
	})
}

func TestKeyValueLimits(t *testing.T) {
	t.Parallel()
	limits := config.KeyValueStore{MaxKeys: 2, MaxNamespaces: 2, MaxBytes: 20}
	b := setup(t, func(o *Options) {
		o.Settings = func() config.API { return config.API{KeyValues: limits} }
	})
	put := func(name, namespace, body string, status int, says ...string) scenario {
		return scenario{name: name, method: "POST", path: "/v4/keyvalues/" + namespace, body: body, header: []string{asJSON}, status: status, says: says}
	}
	b.play(t, []scenario{
		put("let a key pass", "a", `{"key":"1","value":"v"}`, 201),
		put("let a second one pass", "a", `{"key":"2","value":"v"}`, 201),
		put("refuse a third one", "a", `{"key":"3","value":"v"}`, 400, "at most 2 keys are kept of a namespace"),
		put("let a key be put again", "a", `{"key":"2","value":"w"}`, 201),
		put("let a second namespace pass", "b", `{"key":"1","value":"v"}`, 201),
		put("refuse a third one", "c", `{"key":"1","value":"v"}`, 400, "at most 2 namespaces are kept"),
		put("refuse too much", "b", `{"key":"1","value":"`+strings.Repeat("v", 20)+`"}`, 400, "at most 20 bytes are kept"),
	})
}
