package qrssim

import (
	"crypto/rand"
	"crypto/rsa"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// proxied makes a request at the proxy with headers given as name, value.
func (b bench) proxied(path string, headers ...string) *httptest.ResponseRecorder {
	b.t.Helper()
	r := request(http.MethodGet, path, "")
	r.Host = "localhost:443"
	r.Header.Del("X-Qlik-User")
	for i := 0; i < len(headers); i += 2 {
		if headers[i] == "Host" {
			r.Host = headers[i+1]
			continue
		}
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	b.ProxyHandler().ServeHTTP(w, r)
	return w
}

// lastUser is whom QRS took the newest request to be from.
func (b bench) lastUser() string {
	requests := b.Requests()
	return requests[len(requests)-1].User
}

func TestProxyByHeader(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{Proxy: &ProxyOptions{Prefix: "hdr", Header: "hdr-usr"}})
	tests := []struct {
		name, path string
		headers    []string
		status     int
		user       string
	}{
		{"lets a user in", "/hdr/qrs/about", []string{"hdr-usr", `EXAMPLE\åsa b`}, 200, `EXAMPLE\åsa b`},
		{"takes the prefix in any case", "/HDR/QRS/about", []string{"Hdr-Usr", `EXAMPLE\åsa b`}, 200, `EXAMPLE\åsa b`},
		{"does not let the client choose its user", "/hdr/qrs/about", []string{"hdr-usr", `EXAMPLE\anna`, "X-Qlik-User", user}, 200, `EXAMPLE\anna`},
		{"sends others to the login", "/hdr/qrs/about", nil, 302, ""},
		{"sends a user without a directory to the login", "/hdr/qrs/about", []string{"hdr-usr", "anna"}, 302, ""},
		{"does not take the word of X-Qlik-User", "/hdr/qrs/about", []string{"X-Qlik-User", user}, 302, ""},
		{"wants its prefix", "/qrs/about", []string{"hdr-usr", `EXAMPLE\anna`}, 404, ""},
		{"wants all of its prefix", "/hdrx/qrs/about", []string{"hdr-usr", `EXAMPLE\anna`}, 404, ""},
		{"has QRS behind it only", "/hdr/simulator/starts", []string{"hdr-usr", `EXAMPLE\anna`}, 404, ""},
		{"wants a host it knows", "/hdr/qrs/about", []string{"hdr-usr", `EXAMPLE\anna`, "Host", "10.0.0.1"}, 400, ""},
		{"takes an address for a host", "/hdr/qrs/about", []string{"hdr-usr", `EXAMPLE\anna`, "Host", "[::1]:4443"}, 200, `EXAMPLE\anna`},
		{"leaves the xrfkey to QRS", "/hdr/qrs/about", []string{"hdr-usr", `EXAMPLE\anna`, "X-Qlik-Xrfkey", "x"}, 403, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := b.proxied(tt.path, tt.headers...)
			b.proxy.sessions = newProxySessions() // its limit is of another test
			if w.Code != tt.status || b.lastUser() != tt.user {
				t.Errorf("answered %d as %q, want %d as %q: %s", w.Code, b.lastUser(), tt.status, tt.user, w.Body)
			}
		})
	}
}

func TestProxyRefusalsAreForPeople(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{Proxy: &ProxyOptions{Prefix: "p", Header: "hdr-usr"}})
	bad := b.proxied("/p/qrs/about", "Host", "x")
	if bad.Header().Get("Content-Type") != typeHTML || !strings.Contains(bad.Body.String(), "The http request header is incorrect") {
		t.Errorf("for a host it does not know: %s %s", bad.Header().Get("Content-Type"), bad.Body)
	}
	login := b.proxied("/p/qrs/about")
	if got := login.Header().Get("Location"); !strings.HasPrefix(got, "/p/internal_windows_authentication/?targetId=") {
		t.Errorf("the login is at %q", got)
	}
}

func TestProxyWithAStaticDirectory(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{Proxy: &ProxyOptions{Header: "hdr-usr", Directory: "LAB"}})
	w := b.proxied("/qrs/about", "hdr-usr", "anna")
	if w.Code != 200 || b.lastUser() != `LAB\anna` {
		t.Errorf("answered %d as %s, want 200 as LAB\\anna", w.Code, b.lastUser())
	}
	if got := w.Result().Cookies(); len(got) != 1 || got[0].Name != "X-Qlik-Session" {
		t.Errorf("cookies %v, want X-Qlik-Session of the default proxy", got)
	}
}

func TestProxySessions(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Options{Proxy: &ProxyOptions{Prefix: "hdr", Header: "hdr-usr"}})
		anna := []string{"hdr-usr", `EXAMPLE\anna`}
		first := b.proxied("/hdr/qrs/about", anna...).Result().Cookies()[0]
		if first.Name != "X-Qlik-Session-hdr" || !first.Secure || !first.HttpOnly {
			t.Errorf("cookie %v", first)
		}
		cookie := first.Name + "=" + first.Value
		for range 10 { // one session is enough for any number of requests
			w := b.proxied("/hdr/qrs/about", "Cookie", cookie)
			if w.Code != 200 || len(w.Result().Cookies()) != 0 || b.lastUser() != `EXAMPLE\anna` {
				t.Fatalf("answered %d as %s with cookies %v", w.Code, b.lastUser(), w.Result().Cookies())
			}
		}
		for i := range 5 {
			want := 200
			if i == 4 {
				want = 403
			}
			if w := b.proxied("/hdr/qrs/about", anna...); w.Code != want {
				t.Errorf("session %d answered %d, want %d", i+2, w.Code, want)
			}
		}
		if w := b.proxied("/hdr/qrs/about", "hdr-usr", `EXAMPLE\bo`); w.Code != 200 {
			t.Errorf("another user answered %d", w.Code)
		}
		time.Sleep(idleTimeout - time.Minute)
		if w := b.proxied("/hdr/qrs/about", "Cookie", cookie); w.Code != 200 {
			t.Errorf("the session answered %d before its time", w.Code)
		}
		time.Sleep(2 * time.Minute) // the others are idle now
		if w := b.proxied("/hdr/qrs/about", anna...); w.Code != 200 {
			t.Errorf("a new session answered %d when idle ones have gone", w.Code)
		}
		time.Sleep(idleTimeout)
		if w := b.proxied("/hdr/qrs/about", "Cookie", cookie); w.Code != 302 {
			t.Errorf("an idle session answered %d, want the login", w.Code)
		}
	})
}

func TestProxyByJWT(t *testing.T) {
	t.Parallel()
	key, other := newKey(t), newKey(t)
	sign := func(k *rsa.PrivateKey, directory, id string, expiresAt time.Time) string {
		token, err := SignJWT(k, directory, id, expiresAt)
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	good := sign(key, "EXAMPLE", "anna", time.Now().Add(time.Hour))
	parts := strings.Split(good, ".")
	none := segment(jwtHeader{Algorithm: "none"})
	mislabelled, err := signToken(key, jwtHeader{Algorithm: "HS256"}, claims{UserID: "anna", UserDirectory: "EXAMPLE"})
	if err != nil {
		t.Fatal(err)
	}
	early, err := signToken(key, jwtHeader{Algorithm: algorithm}, claims{UserID: "anna", UserDirectory: "EXAMPLE", NotBefore: time.Now().Unix() + 60})
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, authorization string
		status              int
	}{
		{"lets a user in", "Bearer " + good, 200},
		{"takes a token that does not expire", "Bearer " + sign(key, "EXAMPLE", "anna", time.Time{}), 200},
		{"sends a request without a token to the login", "", 302},
		{"sends another kind of authorization to the login", "Basic eDp5", 302},
		{"refuses a token that has expired", "Bearer " + sign(key, "EXAMPLE", "anna", time.Now().Add(-time.Second)), 401},
		{"refuses a token of another key", "Bearer " + sign(other, "EXAMPLE", "anna", time.Time{}), 401},
		{"refuses a token without a user", "Bearer " + sign(key, "EXAMPLE", "", time.Time{}), 401},
		{"refuses a token without a directory", "Bearer " + sign(key, "", "anna", time.Time{}), 401},
		{"refuses a token with other claims", "Bearer " + parts[0] + "." + segment(claims{UserID: "x", UserDirectory: "y"}) + "." + parts[2], 401},
		{"refuses a token without a signature", "Bearer " + none + "." + parts[1] + ".", 401},
		{"refuses a token of another algorithm", "Bearer " + mislabelled, 401},
		{"refuses a token before its time", "Bearer " + early, 401},
		{"refuses what is no token", "Bearer x", 401},
		{"refuses a signature that is none", "Bearer a.b.!", 401},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, Options{Proxy: &ProxyOptions{Prefix: "jwt", JWTKey: &key.PublicKey}})
			w := b.proxied("/jwt/qrs/about", "Authorization", tt.authorization)
			if w.Code != tt.status {
				t.Errorf("answered %d %s, want %d", w.Code, w.Body, tt.status)
			}
			if tt.status == 200 && b.lastUser() != `EXAMPLE\anna` {
				t.Errorf("as %s", b.lastUser())
			}
		})
	}
}

func newKey(t *testing.T) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func TestProxyOnItsSocket(t *testing.T) {
	t.Parallel()
	b := listening(t, Options{Proxy: &ProxyOptions{Prefix: "hdr", Header: "hdr-usr"}})
	config, err := b.ClientTLS()
	if err != nil {
		t.Fatal(err)
	}
	config.Certificates = nil // nobody needs one there
	c := client(t, config)
	if !strings.HasSuffix(b.ProxyURL(), "/hdr") {
		t.Errorf("ProxyURL() = %s", b.ProxyURL())
	}
	r := request(http.MethodGet, b.ProxyURL()+"/qrs/about", "")
	r.RequestURI = ""
	r.Header.Set("hdr-usr", `EXAMPLE\anna`)
	response, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != 200 {
		t.Errorf("answered %d", response.StatusCode)
	}
	if code, _, err := send(c, http.MethodGet, b.ProxyURL()+"/qrs/about"); err != nil || code != 302 {
		t.Errorf("without a user it answered %d, %v", code, err)
	}
}
