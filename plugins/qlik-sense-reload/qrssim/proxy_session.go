package qrssim

import (
	"sync"
	"time"

	"github.com/google/uuid"
)

// Limits of the proxy's sessions.
const (
	maxUserSessions  = 5
	maxProxySessions = 10_000
	idleTimeout      = 30 * time.Minute
)

// proxyUser is a user as the proxy knows one.
type proxyUser struct {
	directory string
	id        string
}

// proxySessions are the sessions of a proxy by their cookie.
type proxySessions struct {
	mu   sync.Mutex
	byID map[string]*proxySession
}

type proxySession struct {
	user   proxyUser
	usedAt time.Time
}

func newProxySessions() proxySessions {
	return proxySessions{byID: map[string]*proxySession{}}
}

// find gives the user of a session and keeps it from becoming idle.
func (p *proxySessions) find(id string) (proxyUser, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	session, ok := p.byID[id]
	if !ok || time.Since(session.usedAt) >= idleTimeout {
		return proxyUser{}, false
	}
	session.usedAt = time.Now()
	return session.user, true
}

// open makes a session, unless the user has as many as allowed.
func (p *proxySessions) open(user proxyUser) (string, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	ofUser := 0
	for id, session := range p.byID {
		if time.Since(session.usedAt) >= idleTimeout {
			delete(p.byID, id)
		} else if session.user == user {
			ofUser++
		}
	}
	if ofUser >= maxUserSessions || len(p.byID) >= maxProxySessions {
		return "", false
	}
	id := uuid.NewString()
	p.byID[id] = &proxySession{user: user, usedAt: time.Now()}
	return id, true
}
