package api

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
)

const newSchedule = `{"name":"x","cronSchedule":"0 0 6 * * *","timezone":"Europe/Stockholm","qlikSenseTaskId":"` + knownTask + `","startupState":"started"}`

// padded is a schedule's body of a size.
func padded(size int) string {
	end := `,"pad":"`
	body := strings.TrimSuffix(newSchedule, "}") + end
	return body + strings.Repeat("x", size-len(body)-2) + `"}`
}

func TestOverload(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	b.play(t, []scenario{
		{name: "a body of nearly a MiB is taken", method: "POST", path: "/v4/schedules", body: padded(maxBody - 1024), header: []string{asJSON}, status: 201, says: []string{`"pad":"xxx`}},
		{name: "a body of a MiB and a byte is refused as Butler does", method: "POST", path: "/v4/schedules", body: padded(maxBody + 1), header: []string{asJSON}, status: 413,
			says: []string{`{"statusCode":413,"code":"FST_ERR_CTP_BODY_TOO_LARGE","error":"Payload Too Large","message":"Request body is too large"}`},
			has:  []string{"Content-Type: application/json; charset=utf-8"}},
		{name: "the same on our own API is a problem", method: "POST", path: "/api/v1/reload", body: strings.Repeat("x", maxBody+1), status: 413,
			says: []string{"urn:butlerd:problem:too-large"}, has: []string{"Content-Type: application/problem+json"}},
		{name: "characters that only HTML minds do not grow", method: "POST", path: "/v4/schedules", body: strings.Replace(padded(maxBody/2), "xxxx", "<&>\u2028", 1000), header: []string{asJSON}, status: 201, says: []string{"<&>"}},
		{name: "a header of 12 KiB is taken", method: "GET", path: "/livez", header: []string{"Cookie: " + strings.Repeat("x", 12<<10)}, status: 200},
		{name: "a header over 16 KiB is refused", method: "GET", path: "/livez", header: []string{"Cookie: " + strings.Repeat("x", 17<<10)}, status: 431, says: []string{"header is too large"}},
		{name: "deep nesting is no JSON", method: "POST", path: "/v4/schedules", body: `{"a":` + strings.Repeat("[", 500_000) + strings.Repeat("]", 500_000) + "}", header: []string{asJSON}, status: 400, says: []string{"FST_ERR_CTP_INVALID_JSON_BODY"}},
		{name: "deep nesting on our own API is no JSON either", method: "POST", path: "/api/v1/reload", body: strings.Repeat(`{"a":`, 100_000), status: 400, says: []string{"urn:butlerd:problem:invalid-request"}},
		{name: "a long path is not found", method: "GET", path: "/v4/" + strings.Repeat("x", 8000), status: 404},
		{name: "an id of more than 200 characters is not found", method: "PUT", path: "/v4/schedules/" + strings.Repeat("å", 201) + "/start", status: 404, says: []string{"Route PUT"}},
		{name: "packed bodies are not unpacked", method: "POST", path: "/v4/schedules", body: "\x1f\x8b\x08\x00", header: []string{asJSON, "Content-Encoding: gzip"}, status: 400, says: []string{"FST_ERR_CTP_INVALID_JSON_BODY"}},
		{name: "forms are not parsed", method: "POST", path: "/v4/schedules", body: "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--x--\r\n", header: []string{"Content-Type: multipart/form-data; boundary=x"}, status: 415},
		{name: "broken forms are not parsed either", method: "POST", path: "/v4/schedules", body: "x", header: []string{"Content-Type: multipart/form-data; boundary=x"}, status: 415},
		{name: "it still answers", method: "GET", path: "/v4/butlerping", status: 200},
	})
	if n := len(b.registry.List()); n != 2 {
		t.Errorf("%d schedules are stored, not the two that were taken", n)
	}
}

// raw sends bytes as they are.
func (b *bundle) raw(text string) answer {
	b.t.Helper()
	transport := b.client.Transport.(*http.Transport)
	c, err := transport.DialContext(context.Background(), "tcp", "butlerd")
	if err != nil {
		b.t.Fatal(err)
	}
	defer c.Close()
	if _, err := io.WriteString(c, text); err != nil {
		b.t.Fatal(err)
	}
	r, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		b.t.Fatalf("%.100q: %v", text, err)
	}
	defer r.Body.Close()
	body, _ := io.ReadAll(r.Body)
	return answer{Status: r.StatusCode, Header: r.Header, Body: string(body)}
}

func TestBrokenHTTP(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	tests := map[string]struct {
		text   string
		status int
	}{
		"no HTTP at all":             {"hello\r\n\r\n", 400},
		"a method of its own":        {"BREW /v4/butlerping HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", 400},
		"a length that is no number": {"POST /v4/schedules HTTP/1.1\r\nHost: x\r\nContent-Length: many\r\n\r\n", 400},
		"a length beyond all bounds": {"POST /v4/schedules HTTP/1.1\r\nHost: x\r\nContent-Length: 9999999999999\r\n\r\n", 413},
		"chunks beyond the limit":    {"POST /v4/schedules HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n200000\r\n" + strings.Repeat("x", 0x200000) + "\r\n0\r\n\r\n", 413},
		"chunks that are none":       {"POST /v4/schedules HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400},
		"a path with a bad escape":   {"PUT /v4/schedules/%zz/start HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", 400},
		"HTTP/1.0":                   {"GET /v4/butlerping HTTP/1.0\r\n\r\n", 200},
	}
	for name, tt := range tests {
		t.Run(name+" is answered", func(t *testing.T) {
			t.Parallel()
			if a := b.raw(tt.text); a.Status != tt.status || !strings.HasPrefix(a.Body, "{") {
				t.Errorf("%d %q, not %d with JSON", a.Status, a.Body, tt.status)
			}
		})
	}
}
