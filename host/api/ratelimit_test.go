package api

import (
	"net"
	"net/netip"
	"strconv"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"butlerd/host/config"
)

func TestRateLimit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var most atomic.Int64
		most.Store(3)
		b := setup(t, func(o *Options) {
			o.Settings = func() config.API { return config.API{RequestsPerMinute: int(most.Load())} }
		})
		ping := scenario{name: "answers up to the limit", method: "GET", path: "/v4/butlerping", status: 200}
		refused := func(name, seconds, words string) scenario {
			return scenario{name: name, method: "GET", path: "/v4/butlerping", status: 429, has: []string{"Retry-After: " + seconds},
				says: []string{`{"statusCode":429,"error":"Too Many Requests","message":"Rate limit exceeded, retry in ` + words + `"}`}}
		}
		play := func(list ...scenario) {
			t.Helper()
			for _, s := range list {
				b.expect(s)
			}
		}
		play(ping, ping, ping, refused("says when to come again", "60", "1 minute"))
		time.Sleep(18 * time.Second)
		play(refused("says so later too", "42", "42 seconds"),
			scenario{name: "has problems for our own API", method: "GET", path: "/api/v1/runs", status: 429, says: []string{"urn:butlerd:problem:too-many-requests"}},
			scenario{name: "leaves probes", method: "GET", path: "/livez", status: 200})
		most.Store(4) // as a reload would
		play(ping, refused("follows the settings", "42", "42 seconds"))
		most.Store(0)
		play(ping, ping)
		most.Store(3)
		time.Sleep(42 * time.Second)
		play(ping, ping, ping, refused("begins anew", "60", "1 minute"))
	})
}

// expect sends one request of a test in virtual time, which has no subtests.
func (b *bundle) expect(s scenario) {
	b.t.Helper()
	a := b.send(s.method, s.path, s.body, s.header...)
	if wrong := s.wrong(a); wrong != "" {
		b.t.Errorf("%s: %s", s.name, wrong)
	}
}

func TestClientsAreToldApart(t *testing.T) {
	t.Parallel()
	same := [][2]string{{"10.0.0.1", "::ffff:10.0.0.1"}, {"2001:db8::1", "2001:db8::2:3"}}
	for _, pair := range same {
		if clientOf(net.ParseIP(pair[0])) != clientOf(net.ParseIP(pair[1])) {
			t.Errorf("%v are two", pair)
		}
	}
	for _, pair := range [][2]string{{"10.0.0.1", "10.0.0.2"}, {"2001:db8::1", "2001:db8:0:1::1"}} {
		if clientOf(net.ParseIP(pair[0])) == clientOf(net.ParseIP(pair[1])) {
			t.Errorf("%v are one", pair)
		}
	}
	if clientOf(nil).IsValid() {
		t.Error("no address is one")
	}
}

func TestClientsAreBounded(t *testing.T) {
	t.Parallel()
	k, now := newClients(), time.Unix(1000, 0)
	address := func(n int) netip.Addr {
		return netip.AddrFrom4([4]byte{10, byte(n >> 16), byte(n >> 8), byte(n)})
	}
	for n := range 2 * maxClients {
		k.count(address(n), 5, now)
	}
	if len(k.seen) > maxClients+1 {
		t.Errorf("%d are remembered", len(k.seen))
	}
	if wait := k.count(address(3*maxClients), 5, now); wait == 0 {
		t.Error("those beyond are not counted together")
	}
	if wait := k.count(address(1), 5, now); wait != 0 {
		t.Error("one that is known pays for the others")
	}
	later := now.Add(time.Minute)
	if wait := k.count(address(3*maxClients), 5, later); wait != 0 || len(k.seen) > 2 {
		t.Errorf("after a minute: %v, %d are remembered", wait, len(k.seen))
	}
}

func TestWaitsInWords(t *testing.T) {
	t.Parallel()
	for seconds, want := range map[int]string{1: "1 second", 2: "2 seconds", 59: "59 seconds", 60: "1 minute"} {
		if got := inWords(seconds); got != want {
			t.Errorf("%s is %q", strconv.Itoa(seconds), got)
		}
	}
}
