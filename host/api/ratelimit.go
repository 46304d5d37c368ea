package api

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"
)

// limit refuses a client that has made as many requests within a minute as the
// settings allow. Probes are not counted: what watches the host must not be turned
// away with a load script on the same machine.
func (s *Server) limit(c *fiber.Ctx) error {
	most := s.settings().RequestsPerMinute
	if most <= 0 || isProbe(c.Path()) {
		return c.Next()
	}
	wait := s.clients.count(clientOf(c.Context().RemoteIP()), most, time.Now())
	if wait == 0 {
		return c.Next()
	}
	seconds := int((wait + time.Second - 1) / time.Second)
	return &fault{
		status: http.StatusTooManyRequests, kind: kindRate, retryAfter: seconds,
		detail: "Rate limit exceeded, retry in " + inWords(seconds),
	}
}

// inWords is a time up to a minute, as Butler says it.
func inWords(seconds int) string {
	switch seconds {
	case 1:
		return "1 second"
	case 60:
		return "1 minute"
	}
	return fmt.Sprintf("%d seconds", seconds)
}

// clientOf tells clients apart: by address, and by network in IPv6, in which every
// machine has as many addresses as it likes.
func clientOf(ip net.IP) netip.Addr {
	address, _ := netip.AddrFromSlice(ip) // what is no address is one client
	address = address.Unmap()
	if address.Is4() || !address.IsValid() {
		return address
	}
	network, err := address.Prefix(64)
	if err != nil {
		return address
	}
	return network.Addr()
}

// clients counts requests. Each client has a minute that begins with a request, and
// another one after it.
type clients struct {
	mu     sync.Mutex
	seen   map[netip.Addr]*minute
	forgot time.Time // when clients were forgotten last
}

type minute struct {
	began    time.Time
	requests int
}

// maxClients bounds the memory that counting takes. Those beyond count as one.
const maxClients = 10_000

func newClients() *clients { return &clients{seen: map[netip.Addr]*minute{}} }

// count counts a request, and says how long its client must wait; 0: not at all.
func (k *clients) count(client netip.Addr, most int, now time.Time) time.Duration {
	k.mu.Lock()
	defer k.mu.Unlock()
	m := k.minuteOf(client, now)
	if now.Sub(m.began) >= time.Minute {
		*m = minute{began: now}
	}
	if m.requests >= most {
		return time.Minute - now.Sub(m.began)
	}
	m.requests++
	return 0
}

func (k *clients) minuteOf(client netip.Addr, now time.Time) *minute {
	if m, ok := k.seen[client]; ok {
		return m
	}
	if len(k.seen) >= maxClients && now.Sub(k.forgot) >= time.Second { // it takes a look at each
		k.forget(now)
	}
	if len(k.seen) >= maxClients {
		client = netip.Addr{}
		if m, ok := k.seen[client]; ok {
			return m
		}
	}
	m := &minute{began: now}
	k.seen[client] = m
	return m
}

// forget forgets clients whose minute is over.
func (k *clients) forget(now time.Time) {
	k.forgot = now
	for client, m := range k.seen {
		if now.Sub(m.began) >= time.Minute {
			delete(k.seen, client)
		}
	}
}
