package qrs

import "butlerd/plugins/internal/qliksite"

// Auth is how the client says who it is, beyond its certificate. It is made by
// AsUser, WithHeader or WithJWT.
type Auth struct {
	header string
	value  string
	secret string // never to be shown; empty for none
	user   string // as Session.User has it; empty when a proxy decides
}

// AsUser acts as a user, which a host believes a client with a certificate.
func AsUser(directory, id string) Auth {
	return Auth{
		header: qliksite.UserHeader,
		value:  qliksite.User(directory, id),
		user:   directory + `\` + id,
	}
}

// WithHeader is the header authentication of a virtual proxy.
func WithHeader(name, value string) Auth {
	return Auth{header: name, value: value, secret: value}
}

// WithJWT is the JWT authentication of a virtual proxy.
func WithJWT(token string) Auth {
	return Auth{header: "Authorization", value: "Bearer " + token, secret: token}
}

// String keeps the secret out of logs.
func (a Auth) String() string { return a.header }

// GoString keeps it out of %#v too.
func (a Auth) GoString() string { return a.header }
