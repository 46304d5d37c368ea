package loadscripts_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"
)

// dummy is the body that the data connection has for calls that give none.
const dummy = `{"key":"abc","value":"123","ttl":"5000"}`

// connector sends what Qlik's REST connector sends: GET and POST, headers and body of
// the call over those of the data connection, and Expect: 100-continue with a body.
type connector struct {
	client *http.Client
	mu     sync.Mutex
	sent   []exchange
}

// exchange is a request and its answer.
type exchange struct {
	method, override, url, body string
	status                      int
	mime, answer                string
}

func newConnector() *connector {
	return &connector{client: &http.Client{
		Timeout:       30 * time.Second, // the connector's own default
		Transport:     &http.Transport{ExpectContinueTimeout: 20 * time.Second},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// Names of the data connections. They are set up as README.md says.
const (
	getConnection  = "butlerd_GET"
	postConnection = "butlerd_POST"
)

func (c *connector) known(connection string) error {
	if connection != getConnection && connection != postConnection {
		return fmt.Errorf("there is no data connection %q", connection)
	}
	return nil
}

// query executes a SELECT.
func (c *connector) query(connection, line string) ([]row, error) {
	s, call, err := parseSQL(line)
	if err != nil {
		return nil, err
	}
	method, body, header := http.MethodGet, "", http.Header{}
	if connection == postConnection {
		method, body = http.MethodPost, dummy
		header.Set("Content-Type", "application/json")
	}
	if call.body != nil {
		if body = *call.body; method == http.MethodGet || strings.ContainsAny(body, "\r\n\t#") {
			return nil, fmt.Errorf("a body that the connector does not send: %q", body)
		}
	}
	for _, h := range call.header {
		header.Set(h[0], h[1])
	}
	e, err := c.send(method, call.url, body, header)
	switch {
	case err != nil:
		return nil, err
	case e.status >= http.StatusMultipleChoices:
		return nil, fmt.Errorf("%w: %d %s to %s %s %s", errRefused, e.status, e.answer, e.method, e.url, e.body)
	}
	return s.rows([]byte(e.answer))
}

// send sends one request, and keeps it.
func (c *connector) send(method, url, body string, header http.Header) (exchange, error) {
	e := exchange{method: method, override: header.Get("X-HTTP-Method-Override"), url: url, body: body}
	q, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		return e, err
	}
	q.Header = header.Clone()
	if body != "" {
		q.Header.Set("Expect", "100-continue")
	}
	a, err := c.client.Do(q)
	if err != nil {
		return e, err
	}
	defer a.Body.Close()
	answer, err := io.ReadAll(a.Body)
	e.status, e.mime, e.answer = a.StatusCode, a.Header.Get("Content-Type"), string(answer)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sent = append(c.sent, e)
	return e, err
}

// last is the latest exchange.
func (c *connector) last() exchange {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.sent[len(c.sent)-1]
}
