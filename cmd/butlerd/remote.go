package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

// Where commands find a host that runs.
const (
	addressVar     = "BUTLERD_ADDRESS"
	defaultAddress = "http://127.0.0.1:8080"
)

// Limits on what is asked of a host.
const (
	remoteTimeout = 30 * time.Second
	maxAnswer     = 16 << 20 // bytes
)

// remote is the API of a host that runs.
type remote struct {
	base   *url.URL
	client *http.Client
}

// remote is where the flag -address says, or else the environment.
func (p *program) remote(command, address string) (*remote, error) {
	if address == "" {
		address, _ = p.env(addressVar)
	}
	if address == "" {
		address = defaultAddress
	}
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, usageError{fmt.Sprintf("butlerd %s: the address must be a URL such as %s", command, defaultAddress)}
	}
	return &remote{base: u, client: &http.Client{Timeout: remoteTimeout}}, nil
}

func (r *remote) get(ctx context.Context, path string, v any) error {
	return r.ask(ctx, http.MethodGet, path, v)
}

func (r *remote) post(ctx context.Context, path string, v any) error {
	return r.ask(ctx, http.MethodPost, path, v)
}

// ask sends a request without a body.
func (r *remote) ask(ctx context.Context, method, path string, v any) error {
	return r.send(ctx, method, path, nil, v)
}

// send sends a request with a body of JSON, or none for nil, to a path that is
// escaped, and decodes the answer into v.
func (r *remote) send(ctx context.Context, method, path string, body, v any) error {
	var content io.Reader = http.NoBody
	if body != nil {
		data, err := json.Marshal(body)
		if err != nil {
			return err
		}
		content = bytes.NewReader(data)
	}
	q, err := http.NewRequestWithContext(ctx, method, r.base.JoinPath(path).String(), content)
	if err != nil {
		return err
	}
	if body != nil {
		q.Header.Set("Content-Type", "application/json")
	}
	answer, err := r.client.Do(q)
	if err != nil {
		return r.unreachable(ctx, err)
	}
	defer answer.Body.Close()
	data, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	if err != nil {
		return r.unreachable(ctx, err)
	}
	if answer.StatusCode >= http.StatusMultipleChoices {
		return r.refusal(answer.StatusCode, data)
	}
	if err := json.Unmarshal(data, v); err != nil {
		return fmt.Errorf("%s does not answer as a butlerd host: %w", r.place(), err)
	}
	return nil
}

// place is the address without what it holds of secrets.
func (r *remote) place() string { return r.base.Scheme + "://" + r.base.Host }

// unreachable says why there is no answer. The error of net/http names the whole
// URL, and is left out.
func (r *remote) unreachable(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return errInterrupted
	}
	var failed *url.Error
	if errors.As(err, &failed) {
		err = failed.Err
	}
	return fmt.Errorf("no host answers at %s: %w; say where one is with -address URL or %s", r.place(), err, addressVar)
}

// errInterrupted says that a signal ended a command that waited.
var errInterrupted = errors.New("interrupted")

// refusal is what a host says of a request that it refuses.
func (r *remote) refusal(status int, data []byte) error {
	var problem struct {
		Detail string `json:"detail"`
	}
	if err := json.Unmarshal(data, &problem); err != nil || problem.Detail == "" {
		return fmt.Errorf("%s answers with status %d, not as a butlerd host", r.place(), status)
	}
	return errors.New(problem.Detail)
}
