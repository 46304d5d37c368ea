package qrs

import (
	"errors"
	"io"
	"net/http"
)

// errTooLong is wrapped by errors of answers beyond their bound.
var errTooLong = errors.New("it answered with more than is read")

// readBody reads an answer within the request's bounds. Of one that is not
// wanted only the beginning is, as it is only quoted.
func readBody(resp *http.Response, r request) ([]byte, error) {
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return io.ReadAll(io.LimitReader(resp.Body, maxRow))
	}
	if r.tail > 0 {
		return readTail(io.LimitReader(resp.Body, r.limit), r.tail)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, r.limit+1))
	if err == nil && int64(len(body)) > r.limit {
		return nil, errTooLong
	}
	return body, err
}

// readTail keeps the last n bytes.
func readTail(from io.Reader, n int) ([]byte, error) {
	var kept []byte
	chunk := make([]byte, 32<<10)
	for {
		got, err := from.Read(chunk)
		kept = append(kept, chunk[:got]...)
		if len(kept) > n {
			kept = append(kept[:0], kept[len(kept)-n:]...)
		}
		switch {
		case errors.Is(err, io.EOF):
			return kept, nil
		case err != nil:
			return nil, err
		}
	}
}
