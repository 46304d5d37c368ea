package qrs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"

	"butlerd/plugins/internal/qliksite"
)

// errNoAnswer is wrapped by errors of requests that were given up: they took too
// long, or their context ended.
var errNoAnswer = errors.New("no answer")

// broken puts an error of the connection into words, without the URL that
// net/http adds.
func (c *Client) broken(ctx context.Context, err error) error {
	var outer *url.Error
	if errors.As(err, &outer) {
		err = outer.Err
	}
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("%w: %w", errNoAnswer, context.Cause(ctx))
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("%w within %s", errNoAnswer, c.timeout)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("the connection ended before the answer")
	}
	return qliksite.Explain(err)
}
