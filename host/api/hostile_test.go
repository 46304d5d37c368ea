package api

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"butlerd/host/config"
	"butlerd/host/store"
)

// hostile is a body that costs more to read than to write.
type hostile struct {
	name, method, path, body string
	status                   int
}

// upTo repeats text as often as fits into a body between two others.
func upTo(before, text, after string) string {
	return before + strings.Repeat(text, (maxBody-len(before)-len(after))/len(text)) + after
}

// startsOf is the body of a start with as many items as it may have.
func startsOf(payload func(i int) string) string {
	items := make([]string, maxAskedFor)
	for i := range items {
		items[i] = payload(i)
	}
	return "[" + strings.Join(items, ",") + "]"
}

func hostileBodies() []hostile {
	const start, schedules, keep = "/v4/reloadtask/-/start", "/v4/schedules", "/v4/keyvalues/n"
	open := strings.TrimSuffix(newSchedule, "}")
	digits := strings.Repeat("9", 1_000_000)
	return []hostile{
		{"lists in lists", "POST", schedules, upTo("", "[", ""), 400},
		{"objects in objects", "POST", keep, upTo("", `{"a":`, ""), 400},
		{"objects in objects that end", "PUT", start, strings.Repeat(`{"a":`, 150_000) + "1" + strings.Repeat("}", 150_000), 400},
		{"as deep as JSON may be", "POST", schedules, open + `,"a":` + strings.Repeat("[", 9_000) + strings.Repeat("]", 9_000) + "}", 201},
		{"commas", "PUT", start, upTo("", ",", ""), 400},
		{"empty objects", "PUT", start, upTo("[", "{},", "{}]"), 400},
		{"empty lists", "PUT", "/v4/app/" + knownTask + "/reload", upTo(`{"startQSEoWTaskOnSuccess":[`, "[],", "[]]}"), 400},
		{"attributes", "POST", "/v4/newrelic/event", upTo(`{"eventType":"x","attributes":[`, "{},", "{}]}"), 400},
		{"a million digits as a time to live", "POST", keep, `{"key":"k","value":"v","ttl":` + digits + "}", 400},
		{"a million digits as a text", "POST", keep, `{"key":"k","value":` + digits + "}", 400},
		{"a million digits behind the point", "POST", keep, `{"key":"k","value":0.` + digits[:900_000] + "}", 201},
		{"a million digits that mean nothing", "POST", schedules, open + `,"a":` + digits + "}", 201},
		{"many tags", "POST", schedules, open + `,"tags":[` + strings.Repeat(`"ab",`, 200_000) + `"c"]}`, 400},
		{"the same member", "POST", keep, upTo(`{`, `"key":"a",`, `"key":"k","value":"v"}`), 201},
		{"many members", "POST", schedules, open + manyMembers(100_000) + "}", 201},
		{"escapes", "POST", keep, upTo(`{"key":"k","value":"`, `\u0001`, `"}`), 201},
		{"bytes that are no UTF-8", "POST", keep, upTo(`{"key":"k","value":"`, "\xffa", `"}`), 413}, // three bytes take the place of one,
		{"many starts", "PUT", start, startsOf(func(i int) string {
			return fmt.Sprintf(`{"type":"starttaskid","payload":{"taskId":"0fe447a9-ba1f-44a9-ac23-%012d"}}`, i)
		}), 200},
		{"many tags to start", "PUT", start, startsOf(func(i int) string { return fmt.Sprintf(`{"type":"starttasktag","payload":{"tag":"%d"}}`, i) }), 200},
		{"many values to keep", "PUT", start, startsOf(func(i int) string {
			return fmt.Sprintf(`{"type":"keyvaluestore","payload":{"namespace":"n","key":"%d","value":"v"}}`, i)
		}), 200},
	}
}

// manyMembers are n members with names of their own.
func manyMembers(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `,"%x":1`, i)
	}
	return b.String()
}

// hostileSite is a server whose plugins find no task and do all that is asked.
func hostileSite(t testing.TB) *bundle {
	t.Helper()
	return setup(t, func(o *Options) {
		o.KeyValues = o.History.(store.KeyValues) // the real one
		o.Work = &fakeWork{answers: map[string]string{tasksQuery: `{}`}}
		o.Settings = func() config.API {
			return config.API{KeyValues: config.KeyValueStore{MaxKeys: 1000, MaxNamespaces: 1000, MaxBytes: 64 << 20}}
		}
	})
}

func TestHostileBodies(t *testing.T) {
	t.Parallel()
	b := hostileSite(t)
	for _, h := range hostileBodies() {
		t.Run(h.name, func(t *testing.T) {
			if a := b.send(h.method, h.path, h.body, asJSON); a.Status != h.status {
				t.Errorf("%d, not %d: %.300s", a.Status, h.status, a.Body)
			}
		})
	}
	if a := b.send("GET", "/v4/butlerping", ""); a.Status != http.StatusOK {
		t.Errorf("it does not answer any more: %d", a.Status)
	}
}

// BenchmarkHostileBodies measures what a body of a MiB costs at most:
//
//	go test -run '^$' -bench HostileBodies -benchtime 5x ./host/api
func BenchmarkHostileBodies(b *testing.B) {
	for _, h := range hostileBodies() {
		b.Run(strings.ReplaceAll(h.name, " ", "-"), func(b *testing.B) {
			site := hostileSite(b)
			b.ReportAllocs()
			for b.Loop() {
				if a := site.send(h.method, h.path, h.body, asJSON); a.Status != h.status {
					b.Fatalf("%d: %.300s", a.Status, a.Body)
				}
			}
		})
	}
}
