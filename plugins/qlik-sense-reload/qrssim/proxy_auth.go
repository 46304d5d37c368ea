package qrssim

import (
	"net/http"
	"strings"

	"github.com/google/uuid"
)

// user finds out whose request it is: by the cookie of a session, or else by
// what the request says of its user, which opens a session.
func (p *proxy) user(w http.ResponseWriter, r *http.Request) (proxyUser, *answer) {
	if cookie, err := r.Cookie(p.cookie); err == nil {
		if user, ok := p.sessions.find(cookie.Value); ok {
			return user, nil
		}
	}
	user, refusal := p.authenticate(r)
	if refusal != nil {
		return user, refusal
	}
	id, ok := p.sessions.open(user)
	if !ok {
		return user, htmlPage(http.StatusForbidden, "OnMaxParallelSessionsExceeded")
	}
	http.SetCookie(w, &http.Cookie{Name: p.cookie, Value: id, Path: "/", HttpOnly: true, Secure: true})
	return user, nil
}

// authenticate reads the user from a request without a session.
func (p *proxy) authenticate(r *http.Request) (proxyUser, *answer) {
	if p.options.JWTKey == nil {
		if user, ok := p.headerUser(r.Header.Get(p.options.Header)); ok {
			return user, nil
		}
		return proxyUser{}, p.login()
	}
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok {
		return proxyUser{}, p.login()
	}
	user, err := verifyJWT(p.options.JWTKey, token)
	if err != nil {
		return proxyUser{}, htmlPage(http.StatusUnauthorized, "Unauthorized")
	}
	return user, nil
}

func (p *proxy) headerUser(value string) (proxyUser, bool) {
	user := proxyUser{directory: p.options.Directory, id: value}
	if p.options.Directory == "" {
		user.directory, user.id, _ = strings.Cut(value, `\`)
	}
	return user, user.directory != "" && user.id != ""
}

// login sends whoever is not known to where they can log in.
func (p *proxy) login() *answer {
	return &answer{
		status:      http.StatusFound,
		location:    p.base + "/internal_windows_authentication/?targetId=" + uuid.NewString(),
		contentType: typeHTML,
	}
}
