package postgres_test

import (
	"bytes"
	"net"
	"strings"
	"sync"
	"testing"
)

// severer is a network between a store and its server that breaks a connection
// in its COMMIT, once for each call of sever.
type severer struct {
	ln net.Listener

	mu     sync.Mutex
	target string
	next   *severance // nil: all is forwarded
}

// severance is how the next COMMIT is met.
type severance struct {
	arrives bool   // only its answer is lost
	target  string // where connections that are made later go
}

func newSeverer(t testing.TB, target string) *severer {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &severer{ln: ln, target: target}
	t.Cleanup(func() { ln.Close() })
	go func() {
		for {
			near, err := ln.Accept()
			if err != nil {
				return
			}
			go s.forward(near)
		}
	}()
	return s
}

// url is where a database of the target is reached through it.
func (s *severer) url(database string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Replace(database, s.target, s.ln.Addr().String(), 1)
}

func (s *severer) sever(how severance) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.next = &how
}

// severed says whether the last severance has come to pass.
func (s *severer) severed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.next == nil
}

// commit is both the end of a query and the server's answer to it.
var commit = []byte("COMMIT\x00")

func (s *severer) forward(near net.Conn) {
	defer near.Close()
	s.mu.Lock()
	target := s.target
	s.mu.Unlock()
	far, err := net.Dial("tcp", target)
	if err != nil {
		return
	}
	defer far.Close()
	deaf := make(chan struct{}) // closed when answers are not to arrive any more
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		defer near.Close()
		answer(near, far, deaf)
	}()
	s.ask(far, near, deaf)
	far.Close()
	<-ended
}

// ask forwards what a client asks.
func (s *severer) ask(far, near net.Conn, deaf chan struct{}) {
	buf := make([]byte, 1<<20)
	for {
		n, err := near.Read(buf)
		if err != nil {
			return
		}
		how := s.met(buf[:n])
		if how != nil {
			close(deaf)
			if !how.arrives {
				return
			}
		}
		if _, err := far.Write(buf[:n]); err != nil {
			return
		}
	}
}

// met takes the severance that a piece brings about, if it does.
func (s *severer) met(piece []byte) *severance {
	s.mu.Lock()
	defer s.mu.Unlock()
	how := s.next
	if how == nil || !bytes.Contains(piece, commit) {
		return nil
	}
	if s.next = nil; how.target != "" {
		s.target = how.target
	}
	return how
}

// answer forwards what a server answers. Once it is deaf it waits for the answer
// to the COMMIT and ends.
func answer(near, far net.Conn, deaf <-chan struct{}) {
	buf := make([]byte, 1<<20)
	for {
		n, err := far.Read(buf)
		if err != nil {
			return
		}
		select {
		case <-deaf:
			if bytes.Contains(buf[:n], commit) {
				return
			}
		default:
			if _, err := near.Write(buf[:n]); err != nil {
				return
			}
		}
	}
}
