package api

import (
	"net/http"
	"testing"
)

func TestMethodOverride(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	const unknown = "/v4/schedules/11111111-2222-4333-8444-555555555555"
	put, del := overrideHeader+": PUT", overrideHeader+": DELETE"
	b.play(t, []scenario{
		{name: "makes a PUT of a POST", method: "POST", path: unknown + "/stop", header: []string{put}, status: 400, says: []string{"Failed stopping schedule ID"}},
		{name: "makes a DELETE of a POST", method: "POST", path: unknown, header: []string{del}, status: 400, says: []string{"Delete for schedule ID"}},
		{name: "is taken in any case", method: "POST", path: unknown + "/stop", header: []string{"x-http-method-override: pUt"}, status: 400, says: []string{"Failed stopping"}},
		{name: "keeps the dummy body of a load script's connection", method: "POST", path: "/v4/schedules/stopall", body: `{"key":"abc","value":"123","ttl":"5000"}`, header: []string{put, asJSON}, status: 200, says: []string{"[]"}},
		{name: "answers a body on GET", method: "POST", path: "/v4/butlerping", body: "{}", header: []string{overrideHeader + ": GET", asJSON}, status: 200, says: []string{"reporting for duty"}},
		{name: "works on our own API", method: "POST", path: "/api/v1/plugins", header: []string{overrideHeader + ": GET"}, status: 200, says: []string{`"plugins"`}},
		{name: "may say POST", method: "POST", path: "/api/v1/reload", header: []string{overrideHeader + ": POST"}, status: 200, says: []string{`"added":[]`}},
		{name: "to a method that the path does not take is Butler's 404", method: "POST", path: "/v4/butlerping", header: []string{overrideHeader + ": PATCH"}, status: 404, says: []string{"Route PATCH:/v4/butlerping not found"}},
		{name: "is ignored on GET", method: "GET", path: "/v4/butlerping", header: []string{del}, status: 200},
		{name: "is ignored on PUT", method: "PUT", path: "/v4/schedules/startall", header: []string{overrideHeader + ": GET"}, status: 200, says: []string{"[]"}},
		{name: "of no method is refused", method: "POST", path: "/v4/butlerping", header: []string{overrideHeader + ": BOGUS"}, status: 400, says: []string{overrideHeader}},
		{name: "with a blank is refused", method: "POST", path: "/v4/butlerping", header: []string{overrideHeader + ": P UT"}, status: 400, says: []string{overrideHeader}},
		{name: "that is empty is refused", method: "POST", path: "/v4/butlerping", header: []string{overrideHeader + ": "}, status: 400, says: []string{overrideHeader}},
		{name: "to HEAD is refused", method: "POST", path: "/v4/butlerping", header: []string{overrideHeader + ": HEAD"}, status: 400, says: []string{overrideHeader}},
		{name: "to TRACE is refused", method: "POST", path: "/v4/butlerping", header: []string{overrideHeader + ": TRACE"}, status: 400, says: []string{overrideHeader}},
		{name: "that is odd is a problem on our own API", method: "POST", path: "/api/v1/reload", header: []string{overrideHeader + ": BOGUS"}, status: 400, says: []string{"urn:butlerd:problem:invalid-request"}},
	})
}

func TestWrongMethods(t *testing.T) {
	t.Parallel()
	setup(t, nil).play(t, []scenario{
		{name: "on /v4 are not found, as in Butler", method: "PUT", path: "/v4/butlerping?x=1", status: 404, says: []string{"Route PUT:/v4/butlerping?x=1 not found"}, has: []string{"Allow: "}},
		{name: "on our own API name the right ones", method: "DELETE", path: "/api/v1/runs", status: 405, says: []string{"urn:butlerd:problem:method-not-allowed"}, has: []string{"Allow: GET, HEAD"}},
		{name: "that are none run nothing", method: "BREW", path: "/api/v1/reload", status: 400, says: []string{"the method is unknown"}},
		{name: "of probes are problems", method: http.MethodPost, path: "/livez", status: 405, says: []string{"urn:butlerd:problem:method-not-allowed"}},
	})
}

func TestPathsAreExact(t *testing.T) {
	t.Parallel()
	setup(t, nil).play(t, []scenario{
		{name: "in their case", method: "GET", path: "/V4/ButlerPing", status: 404},
		{name: "in their slashes at the end", method: "GET", path: "/v4/butlerping/", status: 404},
		{name: "in their slashes at the beginning", method: "GET", path: "//v4/butlerping", status: 404},
		{name: "below /api too", method: "GET", path: "/api/v1/runs/", status: 404, says: []string{"urn:butlerd:problem:not-found"}},
		{name: "and nothing is at the top", method: "GET", path: "/", status: 404, says: []string{"Route GET:/ not found"}},
	})
}

func TestWebPagesOfOtherOrigins(t *testing.T) {
	t.Parallel()
	setup(t, nil).play(t, []scenario{
		{name: "change nothing", method: "PUT", path: "/v4/schedules/stopall", header: []string{"Sec-Fetch-Site: cross-site"}, status: 403, says: []string{"another origin"}},
		{name: "change nothing from a sister site", method: "POST", path: "/api/v1/reload", header: []string{"Sec-Fetch-Site: same-site"}, status: 403, says: []string{"urn:butlerd:problem:cross-origin"}},
		{name: "change nothing in an old browser", method: "POST", path: "/api/v1/reload", header: []string{"Origin: http://evil.example"}, status: 403},
		{name: "change nothing from a file", method: "POST", path: "/api/v1/reload", header: []string{"Origin: null"}, status: 403},
		{name: "change nothing by an overridden GET", method: "POST", path: "/v4/schedules/stopall", header: []string{"Origin: http://evil.example", overrideHeader + ": PUT"}, status: 403},
		{name: "may look", method: "GET", path: "/v4/schedules", header: []string{"Sec-Fetch-Site: cross-site"}, status: 200},
		{name: "are not pages of our own", method: "POST", path: "/api/v1/reload", header: []string{"Sec-Fetch-Site: same-origin", "Origin: http://butlerd"}, status: 200},
		{name: "are not pages of our own in an old browser", method: "POST", path: "/api/v1/reload", header: []string{"Origin: http://butlerd"}, status: 200},
		{name: "are not what a user types", method: "POST", path: "/api/v1/reload", header: []string{"Sec-Fetch-Site: none"}, status: 200},
		{name: "are not curl", method: "POST", path: "/api/v1/reload", status: 200},
	})
}
