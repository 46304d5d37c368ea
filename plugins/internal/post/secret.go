package post

import (
	"net/url"
	"strings"
)

// secrets takes texts out of other texts.
type secrets struct{ replacer *strings.Replacer }

// minSecret is the shortest text that is hidden, in bytes: a service's errors
// would be unreadable without every "1".
const minSecret = 6

func newSecrets(list []string) secrets {
	var pairs []string
	for _, text := range list {
		if len(text) >= minSecret {
			pairs = append(pairs, text, "(hidden)")
		}
	}
	return secrets{strings.NewReplacer(pairs...)}
}

func (s secrets) hide(text string) string { return s.replacer.Replace(text) }

// AddressSecrets are the parts of an address that let somebody in who knows them:
// the address as a whole, its path and its query. A proxy in between may quote
// each.
func AddressSecrets(address string) []string {
	u, err := url.Parse(address)
	if err != nil {
		return []string{address}
	}
	return append([]string{address, u.RequestURI(), u.EscapedPath(), u.Path, u.RawQuery}, AddressPasswords(address)...)
}

// AddressPasswords are the user and the password of an address that is no secret
// otherwise.
func AddressPasswords(address string) []string {
	u, err := url.Parse(address)
	if err != nil || u.User == nil {
		return nil
	}
	password, _ := u.User.Password()
	return []string{u.User.String(), password}
}
