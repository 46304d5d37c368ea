package api

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
)

// dummy is the body that a load script's connection has when the script gives none.
const dummy = `{"key":"abc","value":"123","ttl":"5000"}`

func TestLoadScripts(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	del := overrideHeader + ": DELETE"
	b.play(t, []scenario{
		{name: "put a value", method: "POST", path: "/v4/keyvalues/ns", body: `{"key": "a b", "value": "1", "ttl": "60000"}`, header: []string{asJSON}, status: 201, says: []string{`"ttl":60000`}},
		{name: "put one without a type", method: "POST", path: "/v4/keyvalues/ns", body: `{"key": "b", "value": "2"}`, status: 201},
		{name: "put one with a type in capitals", method: "POST", path: "/v4/keyvalues/ns", body: `{"key": "c", "value": "3"}`, header: []string{"Content-Type: Application/JSON; Charset=UTF-8"}, status: 201},
		{name: "declare text", method: "POST", path: "/v4/keyvalues/ns", body: `{"key": "c", "value": "3"}`, header: []string{"Content-Type: text/plain"}, status: 415},
		{name: "get a value with a plus", method: "GET", path: "/v4/keyvalues/ns?key=a+b", status: 200},
		{name: "delete with a dummy body", method: "POST", path: "/v4/keyvalues/ns/a%20b", body: dummy, header: []string{del, asJSON}, status: 204},
		{name: "delete without one", method: "POST", path: "/v4/keyvalues/ns/b", header: []string{del}, status: 204},
		{name: "delete with an empty one that is declared", method: "POST", path: "/v4/keyvalues/ns/c", header: []string{del, asJSON}, status: 400, says: []string{"FST_ERR_CTP_EMPTY_JSON_BODY"}},
		{name: "delete really", method: "DELETE", path: "/v4/keyvalues/ns/c", body: dummy, header: []string{asJSON}, status: 204},
		{name: "delete a namespace with a dummy body", method: "POST", path: "/v4/keyvalues/ns", body: dummy, header: []string{del, asJSON}, status: 204},
		{name: "get by an override", method: "POST", path: "/v4/keyvaluesnamespaces", body: dummy, header: []string{overrideHeader + ": get", asJSON}, status: 200, says: []string{"[]"}},
		{name: "copy a file by an override", method: "POST", path: "/v4/filecopy", body: `{}`, header: []string{overrideHeader + ": PUT", asJSON}, status: 400, says: []string{"Required parameter missing"}},
		{name: "override with nonsense", method: "POST", path: "/v4/filecopy", body: `{}`, header: []string{overrideHeader + ": P UT", asJSON}, status: 400, says: []string{overrideHeader}},
		{name: "override with nothing", method: "POST", path: "/v4/filecopy", body: `{}`, header: []string{overrideHeader + ": ", asJSON}, status: 400, says: []string{overrideHeader}},
	})
}

// TestExpectContinue holds a body back until the host wants it, as .NET's client
// does.
func TestExpectContinue(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	c, err := b.client.Transport.(*http.Transport).DialContext(context.Background(), "tcp", "butlerd")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	body := `{"key":"a","value":"1"}`
	if _, err := fmt.Fprintf(c, "POST /v4/keyvalues/ns HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: %d\r\n\r\n", len(body)); err != nil {
		t.Fatal(err)
	}
	r := bufio.NewReader(c)
	line, err := r.ReadString('\n')
	if err != nil || !strings.HasPrefix(line, "HTTP/1.1 100 ") {
		t.Fatalf("%q %v", line, err)
	}
	if _, err := r.ReadString('\n'); err != nil { // the empty line
		t.Fatal(err)
	}
	if _, err := io.WriteString(c, body); err != nil {
		t.Fatal(err)
	}
	a, err := http.ReadResponse(r, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	if a.StatusCode != http.StatusCreated {
		t.Errorf("%d", a.StatusCode)
	}
}

func TestOddTargets(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	for target, want := range map[string]struct {
		status int
		says   string
	}{
		"/v4/%zz":                           {400, `"code":"FST_ERR_BAD_URL","error":"Bad Request","message":"'/v4/%zz' is not a valid url component"`},
		"/v4/%":                             {400, "FST_ERR_BAD_URL"},
		"/v4/keyvalues/%ff?key=a":           {400, "FST_ERR_BAD_URL"},
		"//v4/butlerping":                   {404, "Route GET://v4/butlerping not found"},
		"//evil.example/v4/butlerping":      {404, "Route GET://evil.example/v4/butlerping not found"},
		"http://evil.example/v4/nosuch":     {404, "not found"},
		"http://evil.example/v4/butlerping": {200, "reporting for duty"},
		"/v4/../v4/butlerping":              {404, "not found"},
		"/v4/butlerping/":                   {404, "not found"},
		"/V4/ButlerPing":                    {404, "Route GET:/V4/ButlerPing not found"},
		"/v4/butlerping?x=%zz&y":            {200, "reporting for duty"},
		"*":                                 {404, "not found"},
	} {
		a := b.raw("GET " + target + " HTTP/1.1\r\nHost: x\r\n\r\n")
		if a.Status != want.status || !strings.Contains(a.Body, want.says) {
			t.Errorf("%s: %d %s", target, a.Status, a.Body)
		}
	}
}
