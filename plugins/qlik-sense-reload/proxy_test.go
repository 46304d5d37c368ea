package reload_test

import (
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"butlerd/plugins/qlik-sense-reload/qrssim"
)

// proxied is the configuration for clients of the virtual proxy.
func proxied(t *testing.T, sim *qrssim.Simulator, proxy settings) settings {
	t.Helper()
	at, err := url.Parse(sim.ProxyURL())
	if err != nil {
		t.Fatal(err)
	}
	return settings{"host": at.Host, "root_cert": sim.Certs().Root, "virtual_proxy": proxy}
}

func TestVirtualProxyWithAHeader(t *testing.T) {
	t.Parallel()
	sim := start(t, qrssim.Options{Proxy: &qrssim.ProxyOptions{Prefix: "hdr", Header: "hdr-usr"}})
	header := settings{"prefix": "hdr", "header_name": "hdr-usr", "header_value": `EXAMPLE\ada`}
	client := serve(t, proxied(t, sim, header))
	for range 10 { // more than the sessions that a user may have
		wantSuccess(t, run(t, client, `"tag": "it's"`))
	}
	if user := sim.Starts()[0].User; user != `EXAMPLE\ada` {
		t.Errorf("it acts as %s", user)
	}
	wrong := map[string]struct {
		proxy settings
		want  string
	}{
		"another header":        {header.with(settings{"header_name": "x-user"}), "a redirect to"},
		"another prefix":        {header.with(settings{"prefix": "jwt"}), "answered 404"},
		"a user it cannot read": {header.with(settings{"header_value": "ada"}), "it wants somebody to log in"},
	}
	for name, tt := range wrong {
		r := run(t, serve(t, proxied(t, sim, tt.proxy)), `"tag": "it's"`)
		wantError(t, r, tt.want)
		if strings.Contains(fmt.Sprint(r), "ada") {
			t.Errorf("%s: the header's value is told: %+v", name, r)
		}
	}
}

func TestVirtualProxyWithAJWT(t *testing.T) {
	t.Parallel()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	sim := start(t, qrssim.Options{Proxy: &qrssim.ProxyOptions{JWTKey: &key.PublicKey}})
	sign := func(until time.Time) string {
		token, err := qrssim.SignJWT(key, "EXAMPLE", "ada", until)
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	wantSuccess(t, run(t, serve(t, proxied(t, sim, settings{"jwt": sign(time.Time{})})), `"task_id": "`+app1ID+`"`))
	if user := sim.Starts()[0].User; user != `EXAMPLE\ada` {
		t.Errorf("it acts as %s", user)
	}
	expired := sign(time.Now().Add(-time.Hour))
	r := run(t, serve(t, proxied(t, sim, settings{"jwt": expired})), `"task_id": "`+app1ID+`"`)
	wantError(t, r, "answered 401", "is the JWT or the header the one")
	if strings.Contains(fmt.Sprintf("%+v", r), expired) {
		t.Error("the token is told")
	}
}
