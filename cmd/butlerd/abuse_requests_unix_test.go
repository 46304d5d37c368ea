//go:build unix

package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// route is one of the API's, as its description has it.
type route struct {
	method, path string
	body         bool // it takes one
}

// describedRoutes are those of openapi.json, in order.
func describedRoutes(t *testing.T) []route {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", "host", "api", "openapi.json"))
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Paths map[string]map[string]json.RawMessage `json:"paths"`
	}
	if err := json.Unmarshal(data, &doc); err != nil {
		t.Fatal(err)
	}
	var list []route
	for path, item := range doc.Paths {
		for method, operation := range item {
			if method == "parameters" {
				continue
			}
			list = append(list, route{strings.ToUpper(method), path, strings.Contains(string(operation), `"requestBody"`)})
		}
	}
	slices.SortFunc(list, func(a, b route) int { return strings.Compare(a.path+a.method, b.path+b.method) })
	if len(list) < 50 {
		t.Fatalf("only %d routes are described", len(list))
	}
	return list
}

// inPath is a parameter of a path in the description.
var inPath = regexp.MustCompile(`\{\w+\}`)

// at is the route's path with ids of nothing.
func (q route) at() string { return inPath.ReplaceAllString(q.path, "nothing") }

// text is a request of the route with a body that is announced as JSON.
func (q route) text(body string) string {
	return q.with(fmt.Sprintf("Content-Type: application/json\r\nContent-Length: %d\r\n", len(body)), body)
}

// with is a request of the route with headers of its own.
func (q route) with(headers, body string) string {
	return q.method + " " + q.at() + " HTTP/1.1\r\nHost: x\r\n" + headers + "\r\n" + body
}

// abuse makes requests of one kind.
type abuse struct {
	name string
	// fits says which routes it is for; nil: all.
	fits func(q route) bool
	text func(r *rand.Rand, q route) string
	// broken says that it is no HTTP: it may be answered, or the connection closed.
	broken bool
	// lax says that some are nothing to be refused: no answer is an error of the host's.
	lax bool
}

func (q route) writes() bool { return q.method != "GET" }
func (q route) takes() bool  { return q.body }

// reads says that it cares what its body says: some take any JSON, as Butler does.
func (q route) reads() bool { return q.body && !strings.HasSuffix(q.path, "all") }

// one picks an element.
func one(r *rand.Rand, list ...string) string { return list[r.IntN(len(list))] }

// noise is bytes of any kind, up to n of them.
func noise(r *rand.Rand, n int) string {
	b := make([]byte, 1+r.IntN(n))
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return string(b)
}

// abuses are the kinds there are.
func abuses() []abuse {
	return slices.Concat(brokenRequests(), badPaths(), badMethods(), badBodies(), oddRequests())
}

func brokenRequests() []abuse {
	return []abuse{
		{name: "noise", broken: true, text: func(r *rand.Rand, _ route) string { return "\x00" + noise(r, 500) + "\r\n\r\n" }},
		{name: "bad request line", broken: true, text: func(r *rand.Rand, q route) string {
			return one(r, q.method, q.method+" ", " "+q.at(), q.method+"\t"+q.at()+"\tHTTP/1.1", "\r\n\r\n\r\n", "HTTP/1.1 200 OK") + "\r\n\r\n"
		}},
		{name: "bad header", broken: true, lax: true, text: func(r *rand.Rand, q route) string {
			return q.with(one(r, "no colon", ": no name", "a\x00b: c", " folded: x", "a b: c", noise(r, 100))+"\r\n", "")
		}},
		{name: "bad length", broken: true, fits: route.writes, text: func(r *rand.Rand, q route) string {
			return q.with("Content-Length: "+one(r, "many", "-1", "-9223372036854775808", "1e3", "0x10", "99999999999999999999", "9223372036854775807", " ", "1,2", "१")+"\r\n", "{}")
		}},
		{name: "bad chunks", broken: true, fits: route.writes, text: func(r *rand.Rand, q route) string {
			return q.with("Transfer-Encoding: chunked\r\n", one(r, "zz\r\n", "-1\r\n{}\r\n", "ffffffffffffffff\r\nx", "5\r\nab\r\n0\r\n\r\n", "1\r\n{}\r\n0\r\n\r\n", ";\r\n\r\n", "2", noise(r, 100)))
		}},
		{name: "body cut off", broken: true, fits: route.takes, text: func(_ *rand.Rand, q route) string {
			return q.with("Content-Type: application/json\r\nContent-Length: 100\r\n", `{"name":`)
		}},
		{name: "garbage behind a request", broken: true, text: func(r *rand.Rand, _ route) string {
			return "GET /livez HTTP/1.1\r\nHost: x\r\n\r\n\x01" + noise(r, 1000) + "\r\n\r\n"
		}},
		{name: "long header", text: func(r *rand.Rand, q route) string {
			return q.with(strings.Repeat("X-A: "+strings.Repeat("y", 1+r.IntN(200))+"\r\n", 20_000/10), "")
		}, broken: true},
	}
}

func badPaths() []abuse {
	get := func(path string) string { return "GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n" }
	return []abuse{
		{name: "path traversal", text: func(r *rand.Rand, q route) string {
			return get(q.at() + strings.Repeat(one(r, "/..", "/%2e%2e", "/..%2f", `/..\`, "//..", "/.%00./"), 1+r.IntN(50)) + "/etc/passwd")
		}},
		{name: "long path", text: func(r *rand.Rand, q route) string {
			return get(q.at() + "/" + strings.Repeat(one(r, "x", "/x", "%C3%A5"), 1000+r.IntN(1000)))
		}},
		{name: "path beyond all bounds", broken: true, text: func(r *rand.Rand, q route) string {
			return get(q.at() + "/" + strings.Repeat("x", 17_000+r.IntN(100_000)))
		}},
		{name: "bad escape", text: func(r *rand.Rand, q route) string {
			return get(q.at() + "/x/" + one(r, "%zz", "%", "%f", "%ff%fe", "%00", "%ED%A0%80"))
		}},
		{name: "bytes in the path", broken: true, text: func(r *rand.Rand, q route) string {
			return get(q.at() + "/x/" + one(r, "\x00", "\xff", "\x01\x02", "\u2028", "a b c", "\x7f"))
		}},
		{name: "odd query", lax: true, text: func(r *rand.Rand, q route) string {
			name := one(r, "id", "limit", "cursor", "from", "to", "state", "schedule", "key", "base62", "base16", "at", "allTaskIdsMustExist")
			value := one(r, "-1", "%00", "%ff", "1e999", "9999999999999999999999", "%zz", strings.Repeat("9", 10_000), strings.Repeat("Z", 10_000), "a&"+name+"=b", "9999-12-31T23:59:59Z", "{}", "eyJhIjoxfQ", "..%2f")
			return get(q.at() + "?" + name + "=" + value)
		}},
		{name: "long query", lax: true, text: func(r *rand.Rand, q route) string {
			return get(q.at() + "?" + strings.Repeat(one(r, "a&", "id=1&", "=&", "key=x&"), 1500))
		}},
	}
}

func badMethods() []abuse {
	return []abuse{
		{name: "odd method", text: func(r *rand.Rand, q route) string {
			q.method = one(r, "BREW", "get", "Post", "TRACE", "CONNECT", "PROPFIND", "PRI", strings.Repeat("X", 1000), "GET,POST", "PATCH", "OPTIONS")
			return q.with("", "")
		}},
		{name: "bad override", text: func(r *rand.Rand, q route) string {
			q.method = "POST"
			return q.with("X-HTTP-Method-Override: "+one(r, "BREW", "HEAD", "TRACE", "GET, PUT", "DELETE\t;", strings.Repeat("PUT", 500), "CONNECT", "\xff")+"\r\n", "")
		}},
	}
}

func badBodies() []abuse {
	return []abuse{
		{name: "no JSON", fits: route.writes, text: func(r *rand.Rand, q route) string {
			return q.text(one(r, "{", `{"name":"x",}`, `{"a":1}{"b":2}`, "[1,2", "nul", "'x'", "{name:1}", "\x00", `"`+noise(r, 200), "NaN", "-", "01", `{"a":"`+"\n"+`"}`, strings.Repeat(",", 100_000), `"\x41"`, `{"a":1e}`))
		}},
		{name: "deep nesting", fits: route.writes, text: func(r *rand.Rand, q route) string {
			open, end := "[", "]"
			if r.IntN(2) == 0 {
				open, end = `{"a":`, "}"
			}
			const levels = 100_000
			return q.text(strings.Repeat(open, levels) + one(r, "", "1"+strings.Repeat(end, levels)))
		}},
		{name: "wrong type", fits: route.reads, text: func(r *rand.Rand, q route) string {
			return q.text(one(r, "5", `"x"`, "true", "[[5]]", "[5]", "[null]", "1e308", "-0", `["a","b"]`))
		}},
		{name: "wrong members", fits: route.takes, lax: true, text: func(r *rand.Rand, q route) string { return q.text(wrongMembers(r, q)) }},
		{name: "wrong media type", fits: route.takes, text: func(r *rand.Rand, q route) string {
			return q.with("Content-Type: "+one(r, "text/plain", "application/xml", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded", "x")+"\r\nContent-Length: 2\r\n", "{}")
		}},
		{name: "wrong encoding", fits: route.takes, text: func(r *rand.Rand, q route) string {
			return q.with("Content-Type: application/json\r\nContent-Encoding: "+one(r, "gzip", "br", "deflate", "x")+"\r\nContent-Length: 6\r\n", "\x1f\x8b\x08\x00\x00\x01")
		}},
	}
}

// wrongMembers is a body with members that the API knows, and values that they
// cannot have.
func wrongMembers(r *rand.Rand, q route) string {
	var b strings.Builder
	for i, name := range []string{
		"name", "cronSchedule", "timezone", "qlikSenseTaskId", "startupState", "tags", "key", "value", "ttl", "fromFile", "toFile", "overwrite", "deleteFile",
		"directory", "type", "payload", "topic", "message", "channel", "from_user", "msg", "eventType", "attributes", "timestamp", "reloadMode", "partialReload",
		"startQSEoWTaskOnSuccess", "schedules", "until", "reason", "__proto__",
	} {
		if r.IntN(3) == 0 {
			continue
		}
		value := one(r, "1e999", "-1e308", strings.Repeat("9", 1+r.IntN(5000)), `"\u0000"`, `"\ud800"`, "\"\xff\xfe\"", "null", "{}", "[]", `[[[[]]]]`, `{"a":{"a":1}}`, "true", `""`,
			`"`+strings.Repeat("x", r.IntN(50_000))+`"`, `"../../../etc/passwd"`, `"\\\\host\\share"`, strings.Repeat("[", 50)+strings.Repeat("]", 50))
		fmt.Fprintf(&b, "%s%q:%s", map[bool]string{true: ","}[i > 0 && b.Len() > 0], name, value)
	}
	body := "{" + b.String() + "}"
	if strings.Contains(q.path, "/reloadtask/") {
		return "[" + body + "]"
	}
	return body
}

func oddRequests() []abuse {
	return []abuse{
		{name: "absolute URL", lax: true, text: func(r *rand.Rand, q route) string {
			return q.method + " " + one(r, "http://127.0.0.2", "https://x:99999", "file://", "gopher://x", "http://[::1", "*", "//x") + q.at() + " HTTP/1.1\r\nHost: y\r\n\r\n"
		}, broken: true},
		{name: "two lengths", lax: true, broken: true, fits: route.writes, text: func(r *rand.Rand, q route) string {
			return q.with(one(r, "Content-Length: 5\r\nContent-Length: 6\r\n", "Content-Length: 6\r\nTransfer-Encoding: chunked\r\n", "Transfer-Encoding: gzip, chunked\r\n", "Transfer-Encoding: x\r\n"), "0\r\n\r\nGET /livez HTTP/1.1\r\n\r\n")
		}},
		{name: "odd version", lax: true, broken: true, text: func(r *rand.Rand, q route) string {
			return q.method + " " + q.at() + " " + one(r, "HTTP/9.9", "HTTP/1.0", "HTTP/", "HTTP/2.0", "X", "HTTP/1.1 x") + "\r\n\r\n"
		}},
		{name: "odd headers", lax: true, text: func(r *rand.Rand, q route) string {
			return q.with(one(r, "Last-Event-ID", "If-None-Match", "Range", "Cookie", "Accept-Encoding", "Origin", "Upgrade", "Connection", "Host", "Content-Type", "Idempotency-Key")+": "+
				one(r, "\xff\xfe", strings.Repeat("x", 10_000), "bytes=0-99999999999999999999", "%00", ";;;===", "upgrade, HTTP2-Settings", "http://evil.invalid")+"\r\n", "")
		}},
		{name: "expects to go on", lax: true, broken: true, fits: route.takes, text: func(r *rand.Rand, q route) string {
			return q.with("Expect: "+one(r, "100-continue", "200-ok")+"\r\nContent-Length: "+one(r, "2", "52428800", "1048577")+"\r\n", "[]")
		}},
	}
}
