package pgtest

import (
	"net"
	"sync"
	"testing"
)

// Proxy forwards TCP connections on the loopback address, and is a bad network
// on demand. Its methods are safe for concurrent use.
type Proxy struct {
	ln  net.Listener
	wg  sync.WaitGroup
	end chan struct{} // closed when the test ends

	mu     sync.Mutex
	target string
	cut    bool
	gate   chan struct{} // closed while bytes may pass
	links  map[*link]bool
}

// NewProxy starts a proxy to an address, for one test.
func NewProxy(t testing.TB, target string) *Proxy {
	t.Helper()
	ln, err := net.Listen("tcp", loopback+":0")
	if err != nil {
		t.Fatal(err)
	}
	p := &Proxy{ln: ln, target: target, end: make(chan struct{}), gate: make(chan struct{}), links: map[*link]bool{}}
	close(p.gate)
	p.wg.Go(p.serve)
	t.Cleanup(func() {
		close(p.end)
		_ = ln.Close()
		p.Cut()
		p.wg.Wait()
	})
	return p
}

// Addr is where the proxy listens.
func (p *Proxy) Addr() string { return p.ln.Addr().String() }

// URL is where a database is reached through the proxy.
func (p *Proxy) URL(db string) string { return databaseURL(p.Addr(), db) }

// Cut resets all connections, and each new one, until Heal. The port is kept.
func (p *Proxy) Cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cut = true
	for l := range p.links {
		l.reset()
	}
}

// Freeze lets no byte pass until Heal, nor the end of a connection: each side
// sees the other fall silent. New connections are taken and get no answer.
func (p *Proxy) Freeze() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if open(p.gate) {
		p.gate = make(chan struct{})
	}
}

// Heal ends a Cut and a Freeze. What a frozen connection held back is delivered.
func (p *Proxy) Heal() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cut = false
	if !open(p.gate) {
		close(p.gate)
	}
}

// Retarget sends connections that are made from now on to another address. Those
// that there are stay where they are.
func (p *Proxy) Retarget(addr string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.target = addr
}

// open says whether a gate lets bytes pass.
func open(gate chan struct{}) bool {
	select {
	case <-gate:
		return true
	default:
		return false
	}
}

// serve takes connections until the listener is closed.
func (p *Proxy) serve() {
	for {
		c, err := p.ln.Accept()
		if err != nil {
			return
		}
		l := &link{near: c.(*net.TCPConn), gone: make(chan struct{})}
		if p.admit(l) {
			p.wg.Go(func() { p.forward(l) })
		}
	}
}

// admit notes a connection, or resets it while the proxy is cut.
func (p *Proxy) admit(l *link) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cut {
		l.reset()
		return false
	}
	p.links[l] = true
	return true
}

// pass waits until bytes of a connection may pass. It is false when the
// connection is no more.
func (p *Proxy) pass(l *link) bool {
	for {
		p.mu.Lock()
		gate := p.gate
		p.mu.Unlock()
		if open(gate) {
			return !open(l.gone)
		}
		select {
		case <-gate:
		case <-l.gone:
			return false
		case <-p.end:
			return false
		}
	}
}
