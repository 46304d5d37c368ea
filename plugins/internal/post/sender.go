package post

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

	"butlerd/sdk"
)

// maxAnswer is how much of an answer is read, in bytes: its first line is told,
// and an answer that was read whole leaves its connection for the next request.
const maxAnswer = 64 << 10

// Options are what a Sender is made of.
type Options struct {
	// Service is the name that errors call the receiver by: "Slack".
	Service string
	// Timeout is how long a request may take, connecting and answer included.
	Timeout time.Duration
	// Secrets are taken out of what the service answers, before that is told. Keys,
	// and addresses that are keys.
	Secrets []string
}

// Sender sends requests to one service. It may be used concurrently.
type Sender struct {
	service string
	timeout time.Duration
	secrets secrets
	client  http.Client
}

// New makes a Sender with connections of its own.
func New(o Options) *Sender {
	return &Sender{
		service: o.Service,
		timeout: o.Timeout,
		secrets: newSecrets(o.Secrets),
		client: http.Client{
			Transport:     http.DefaultTransport.(*http.Transport).Clone(),
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
}

// Close gives back the connections that no request uses.
func (s *Sender) Close() { s.client.CloseIdleConnections() }

// Send posts body as JSON to the address, and is nil when the service has taken
// it. An attempt whose answer did not come has failed like any: it may have been
// taken all the same, and a message that comes twice is better than none.
func (s *Sender) Send(ctx context.Context, to string, header http.Header, body any) error {
	data, err := encode(body)
	if err != nil {
		return sdk.Permanent(err)
	}
	inTime, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	request, err := http.NewRequestWithContext(inTime, http.MethodPost, to, bytes.NewReader(data))
	if err != nil {
		return sdk.Permanent(fmt.Errorf("calling %s: its address is not valid", s.service)) // err quotes it
	}
	request.Header = header.Clone()
	response, err := s.client.Do(request)
	if err != nil {
		return s.unanswered(ctx, inTime, err)
	}
	defer response.Body.Close()
	answer, _ := io.ReadAll(io.LimitReader(response.Body, maxAnswer)) // the status counts, with a text or without
	return s.verdict(response, answer)
}

// unanswered strips the address, which net/http puts into each of its errors.
func (s *Sender) unanswered(ctx, inTime context.Context, err error) error {
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("calling %s: %w", s.service, context.Cause(ctx))
	case inTime.Err() != nil:
		return fmt.Errorf("calling %s: no answer within %s", s.service, s.timeout)
	}
	var outer *url.Error
	if errors.As(err, &outer) {
		err = outer.Err
	}
	return fmt.Errorf("calling %s: %s", s.service, s.secrets.hide(err.Error()))
}

// encode writes <, > and & as they are, as other senders do.
func encode(body any) ([]byte, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(body); err != nil {
		return nil, fmt.Errorf("encoding the message: %w", err)
	}
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n")), nil
}
