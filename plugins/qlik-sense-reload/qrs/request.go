package qrs

import (
	"context"
	"crypto/rand"
	"net/http"
	"strings"
)

// Bounds of answers in bytes. A site with thousands of tasks has lists of
// several MiB.
const (
	maxList = 64 << 20
	maxRow  = 1 << 20
)

// keyLength is that of the xrfkey.
const keyLength = 16

// request is one to be made, at whichever host.
type request struct {
	act    string // for errors: "reading tasks"
	method string
	path   string   // below /qrs
	query  []string // name=value, encoded
	limit  int64    // bytes of the answer; more is an error
	tail   int      // above 0: only so many of the last bytes are kept
}

// at makes the request for a host. Each has a key of its own, in the query and in
// a header, which together show that no web page made it.
func (c *Client) at(ctx context.Context, host string, r request) (*http.Request, error) {
	key := rand.Text()[:keyLength]
	query := strings.Join(append(r.query, "xrfkey="+key), "&")
	req, err := http.NewRequestWithContext(ctx, r.method, "https://"+host+c.base+r.path+"?"+query, http.NoBody)
	if err != nil {
		return nil, err
	}
	req.Header.Set("X-Qlik-Xrfkey", key)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "butlerd")
	req.Header.Set(c.auth.header, c.auth.value)
	return req, nil
}
