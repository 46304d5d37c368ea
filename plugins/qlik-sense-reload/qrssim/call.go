package qrssim

import (
	"net/url"
	"strings"

	"github.com/google/uuid"
)

// call is one request to the site.
type call struct {
	method string
	path   string     // lower case, without a slash at the end
	query  url.Values // names in lower case
	body   []byte
	user   string      // DIRECTORY\user
	ids    []uuid.UUID // of the path, in order
	words  []string    // other variable parts of the path, in order
	fault  *Fault      // nil for none
}

// parseQuery reads a query string with names in any case. It fails where a name
// has no value, which is what is left of a value with an unencoded "&".
func parseQuery(raw string) (url.Values, bool) {
	values, complete := url.Values{}, true
	for part := range strings.SplitSeq(raw, "&") {
		if part == "" {
			continue
		}
		name, value, ok := strings.Cut(part, "=")
		name, nameErr := url.QueryUnescape(name)
		value, valueErr := url.QueryUnescape(value)
		if !ok || nameErr != nil || valueErr != nil {
			complete = false
			continue
		}
		values.Add(strings.ToLower(name), value)
	}
	return values, complete
}

// parseUser reads the header X-Qlik-User, "UserDirectory=<dir>; UserId=<id>" with
// percent-encoded values, as DIRECTORY\user.
func parseUser(header string) (string, bool) {
	parts := map[string]string{}
	for part := range strings.SplitSeq(header, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		value, err := url.PathUnescape(value)
		if err != nil {
			return "", false
		}
		parts[strings.ToLower(name)] = value
	}
	directory, id := parts["userdirectory"], parts["userid"]
	return directory + `\` + id, directory != "" && id != ""
}

// keyed reports whether the xrfkey of query and header are the same 16 letters
// and digits.
func keyed(query, header string) bool {
	const letters = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	return query == header && len(query) == 16 && strings.Trim(query, letters) == ""
}
