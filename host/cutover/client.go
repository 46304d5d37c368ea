package cutover

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"
)

// Limits on one request.
const (
	requestTimeout = 15 * time.Second
	maxAnswer      = 16 << 20 // bytes
	maxShown       = 200      // of an answer that is not understood
)

// Schedule is a schedule as a side tells of it.
type Schedule struct {
	ID      string
	Name    string
	Cron    string
	TaskID  string
	Started bool
}

// Client speaks to one side.
type Client struct {
	Name string // for people: "Butler"
	base *url.URL
	http *http.Client
}

// NewClient returns a client for the API at a URL.
func NewClient(name, address string) (*Client, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, fmt.Errorf("the address of %s must be a URL such as http://127.0.0.1:8080", name)
	}
	return &Client{Name: name, base: u, http: &http.Client{
		Timeout: requestTimeout,
		// A redirect would make a GET of a PUT.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// Address is where it speaks to, without secrets.
func (c *Client) Address() string { return c.base.Scheme + "://" + c.base.Host + c.base.EscapedPath() }

// wireSchedule is a schedule in the v4 API.
type wireSchedule struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Cron   string `json:"cronSchedule"`
	TaskID string `json:"qlikSenseTaskId"`
	State  string `json:"lastKnownState"`
}

func (w wireSchedule) schedule() Schedule {
	return Schedule{ID: w.ID, Name: w.Name, Cron: w.Cron, TaskID: w.TaskID, Started: w.State == "started"}
}

// List are all schedules.
func (c *Client) List(ctx context.Context) ([]Schedule, error) {
	var wire []wireSchedule
	if err := c.ask(ctx, http.MethodGet, "", "", &wire); err != nil {
		return nil, err
	}
	list := make([]Schedule, len(wire))
	for i, w := range wire {
		if w.State != "started" && w.State != "stopped" {
			return nil, fmt.Errorf("%s at %s says of schedule %q neither that it is started nor that it is stopped", c.Name, c.Address(), w.ID)
		}
		list[i] = w.schedule()
	}
	return list, nil
}

// Started says whether a schedule is started.
func (c *Client) Started(ctx context.Context, id string) (bool, error) {
	var one oneSchedule
	if err := c.ask(ctx, http.MethodGet, "", url.Values{"id": {id}}.Encode(), &one); err != nil {
		return false, err
	}
	if one.ID != id || one.State != "started" && one.State != "stopped" {
		return false, fmt.Errorf("%s at %s does not say whether schedule %q is started", c.Name, c.Address(), id)
	}
	return one.State == "started", nil
}

// oneSchedule is a schedule, or a list with one: Butler answers with the latter.
type oneSchedule struct{ wireSchedule }

// UnmarshalJSON implements json.Unmarshaler.
func (o *oneSchedule) UnmarshalJSON(data []byte) error {
	if !bytes.HasPrefix(bytes.TrimSpace(data), []byte("[")) {
		return json.Unmarshal(data, &o.wireSchedule)
	}
	var list []wireSchedule
	if err := json.Unmarshal(data, &list); err != nil || len(list) != 1 {
		return errors.Join(err, errors.New("not one schedule"))
	}
	o.wireSchedule = list[0]
	return nil
}

// ErrNotSent says that a request did not get as far as the other side.
var ErrNotSent = errors.New("no connection")

// Set starts or stops a schedule, and sees to it that it is.
func (c *Client) Set(ctx context.Context, id string, started bool) error {
	verb := "stop"
	if started {
		verb = "start"
	}
	setErr := c.ask(ctx, http.MethodPut, "/"+url.PathEscape(id)+"/"+verb, "", nil)
	if errors.Is(setErr, ErrNotSent) {
		return setErr
	}
	is, err := c.Started(ctx, id)
	switch {
	case err != nil && setErr != nil:
		return fmt.Errorf("%w; and then: %v", setErr, err) // %v: the first request was sent
	case err != nil:
		return fmt.Errorf("asking whether it did: %v", err)
	case is == started:
		return nil // also when the answer got lost
	case setErr != nil:
		return setErr
	}
	return fmt.Errorf("%s at %s was asked to %s schedule %q, and did not", c.Name, c.Address(), verb, id)
}

// ask sends a request for something below /v4/schedules.
func (c *Client) ask(ctx context.Context, method, path, query string, v any) error {
	u, err := url.Parse(c.base.JoinPath("v4", "schedules").String() + path)
	if err != nil {
		return err
	}
	u.RawQuery = query
	q, err := http.NewRequestWithContext(ctx, method, u.String(), http.NoBody)
	if err != nil {
		return err
	}
	answer, err := c.http.Do(q)
	if err != nil {
		var failed *url.Error
		if errors.As(err, &failed) {
			err = failed.Err // the whole URL is noise
		}
		var dial *net.OpError
		if errors.As(err, &dial) && dial.Op == "dial" {
			err = fmt.Errorf("%w: %w", ErrNotSent, err)
		}
		return fmt.Errorf("%s does not answer at %s: %w", c.Name, c.Address(), err)
	}
	defer answer.Body.Close()
	data, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	if err != nil {
		return fmt.Errorf("%s at %s did not answer to the end: %w", c.Name, c.Address(), err)
	}
	if answer.StatusCode < 200 || answer.StatusCode > 299 {
		return fmt.Errorf("%s at %s answers %s %s%s with %d: %q", c.Name, c.Address(), method, "/v4/schedules", path, answer.StatusCode, data[:min(len(data), maxShown)])
	}
	if v == nil {
		return nil
	}
	if err := json.Unmarshal(data, v); err != nil {
		return fmt.Errorf("what %s at %s answers is no list of schedules: %w", c.Name, c.Address(), err)
	}
	return nil
}
