package pgtest

import (
	"net"
	"sync"
)

// link is one connection through a proxy.
type link struct {
	near *net.TCPConn
	once sync.Once
	gone chan struct{} // closed with the connections

	mu  sync.Mutex
	far *net.TCPConn // nil until it is dialled
}

// forward dials the target and copies both ways until one side ends.
func (p *Proxy) forward(l *link) {
	defer func() {
		p.mu.Lock()
		delete(p.links, l)
		p.mu.Unlock()
		l.reset()
	}()
	if !p.pass(l) {
		return
	}
	p.mu.Lock()
	target := p.target
	p.mu.Unlock()
	c, err := net.Dial("tcp", target)
	if err != nil || !l.connect(c.(*net.TCPConn)) {
		return
	}
	var back sync.WaitGroup
	back.Go(func() { p.copy(l, l.near, l.far) })
	p.copy(l, l.far, l.near)
	back.Wait()
}

// copy forwards one direction, each piece when the gate is open, and so the end.
func (p *Proxy) copy(l *link, to, from *net.TCPConn) {
	buf := make([]byte, 32<<10)
	for {
		n, err := from.Read(buf)
		if !p.pass(l) {
			return
		}
		if n > 0 {
			if _, failed := to.Write(buf[:n]); failed != nil {
				l.reset()
				return
			}
		}
		if err != nil {
			_ = to.CloseWrite()
			return
		}
	}
}

// connect notes the far side. It is false when the link was reset meanwhile.
func (l *link) connect(far *net.TCPConn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if open(l.gone) {
		_ = far.Close()
		return false
	}
	l.far = far
	return true
}

// reset closes both sides hard: the peers see a reset, not an end. It is
// repeatable.
func (l *link) reset() {
	l.once.Do(func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		close(l.gone)
		for _, c := range []*net.TCPConn{l.near, l.far} {
			if c != nil {
				_ = c.SetLinger(0)
				_ = c.Close()
			}
		}
	})
}
