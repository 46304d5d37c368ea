package qrs_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"butlerd/plugins/qlik-sense-reload/qrs"
)

func TestRefusalsSayWhatTheyMean(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		status  int
		body    string
		want    string
		mayPass bool
	}{
		"a bad filter":            {400, "Cannot parse the expression: x", `it does not take the request: "Cannot parse the expression: x"`, false},
		"a text in JSON":          {400, `"Reload task of test"`, `: "Reload task of test"`, false},
		"a token not accepted":    {401, "", "answered 401, it does not know the user", false},
		"a lost key":              {403, "XSRF prevention check failed. Possible XSRF discovered.", "key (xrfkey) did not arrive", false},
		"a certificate of others": {403, "Forbidden", `does not accept the client certificate: "Forbidden"`, false},
		"an unknown path":         {404, "No matching endpoint found", `it does not have this: "No matching endpoint found"`, false},
		"something else":          {418, "", "answered 418, which was not expected", false},
		"too many requests":       {429, "Too many requests", "too many requests to do", true},
		"an error of its own":     {500, "<html>\r\n<body>Oops</body>", `it is in trouble itself: "<html> <body>Oops</body>"`, true},
		"a gateway without QRS":   {502, "", "it is in trouble itself", true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := to(t, always(tt.status, tt.body)).Tasks(t.Context(), "")
			if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.HasPrefix(err.Error(), "reading tasks at qs1:4242: it answered ") {
				t.Fatalf("got %v, want %q", err, tt.want)
			}
			if qrs.MayPass(err) != tt.mayPass {
				t.Errorf("may pass: got %t", !tt.mayPass)
			}
			var e *qrs.Error
			if !errors.As(err, &e) || e.Status != tt.status || !e.Sent {
				t.Errorf("got %#v", e)
			}
		})
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	t.Parallel()
	asked := 0
	client := to(t, wire(func(*http.Request) (*http.Response, error) {
		asked++
		a := answer(http.StatusFound, "")
		a.Header.Set("Location", "https://qs1/internal_windows_authentication/?targetId=4711")
		return a, nil
	}))
	_, err := client.Tasks(t.Context(), "")
	if err == nil || !strings.Contains(err.Error(), `a redirect to "qs1/internal_windows_authentication/": it wants somebody to log in`) {
		t.Errorf("got %v", err)
	}
	if err != nil && strings.Contains(err.Error(), "4711") {
		t.Errorf("the error tells what the URL carries: %v", err)
	}
	if asked != 1 {
		t.Errorf("%d requests", asked)
	}
}

func TestAnswersThatAreNoJSONAreQuoted(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ body, want string }{
		"a page":             {"<!DOCTYPE html>\n<html><h1>Log in</h1>", `a web page instead of data; check host, port and virtual_proxy: "<!DOCTYPE html> <html><h1>Log in</h1>"`},
		"text":               {"hello", `what is not JSON: "hello"`},
		"nothing":            {"", `what is not JSON: ""`},
		"a part of a list":   {"[{", `what is not JSON`},
		"another type":       {`{"a":1}`, "what is not expected"},
		"no id":              {`[{"id":"x"}]`, "what is not expected"},
		"control characters": {"a\x00\x1b[31mb\xff", `"a [31mb"`},
		"much":               {strings.Repeat("ö", 1000), strings.Repeat("ö", 200) + `…"`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := to(t, always(http.StatusOK, tt.body)).Tasks(t.Context(), "")
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %s", err, tt.want)
			}
			if qrs.MayPass(err) {
				t.Error("it is not known to pass")
			}
		})
	}
}

func TestSecretsAreInNoError(t *testing.T) {
	t.Parallel()
	const secret = "eyJhbGciOi.SECRET.c2ln"
	auths := map[string]qrs.Auth{"a JWT": qrs.WithJWT(secret), "a header": qrs.WithHeader("hdr-usr", secret)}
	for name, auth := range auths {
		echo := wire(func(r *http.Request) (*http.Response, error) {
			return answer(http.StatusForbidden, "you sent "+r.Header.Get("Authorization")+r.Header.Get("hdr-usr")), nil
		})
		_, err := newClient(t, qrs.Options{Transport: echo, Auth: auth, Proxy: true}).Tasks(t.Context(), "")
		if err == nil || strings.Contains(err.Error(), "SECRET") || !strings.Contains(err.Error(), "you sent") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestAnswersAreBounded(t *testing.T) {
	t.Parallel()
	client := to(t, always(http.StatusOK, `"`+strings.Repeat("x", 2<<20)+`"`))
	_, err := client.Session(t.Context(), wanted)
	if err == nil || !strings.Contains(err.Error(), "it answered with more than is read") {
		t.Errorf("got %v", err)
	}
}
