//go:build unix

package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// answer is what came back.
type answer struct {
	status      int
	contentType string
	body        string
}

// exchange sends a record's request as it was sent to Butler, byte for byte: a
// client of net/http would mend targets and headers.
func (w *world) exchange(record record) (answer, error) {
	conn, err := net.Dial("tcp", strings.TrimPrefix(w.host.url, "http://"))
	if err != nil {
		return answer{}, err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return answer{}, err
	}
	sent := make(chan error, 1)
	go func() {
		_, err := conn.Write(w.request(record))
		sent <- err
	}()
	a, err := read(conn, record.Request.Method)
	if err != nil {
		return a, err
	}
	_ = conn.Close() // a host that has refused a body need not read it: then Write fails
	<-sent
	return a, nil
}

// request is the text of a request.
func (w *world) request(record record) []byte {
	q := record.Request
	body := ""
	if q.Body != nil {
		body = whole(w.expand(*q.Body))
	}
	var text bytes.Buffer
	fmt.Fprintf(&text, "%s %s HTTP/1.1\r\nHost: %s\r\n", q.Method, w.expand(q.Path), strings.TrimPrefix(w.host.url, "http://"))
	chunked := false
	for _, name := range slices.Sorted(maps.Keys(q.Headers)) {
		value := q.Headers[name]
		switch name {
		case "Content-Length": // directories have other names here
			value = strconv.Itoa(len(body))
		case "Transfer-Encoding":
			chunked = true
		}
		fmt.Fprintf(&text, "%s: %s\r\n", name, value)
	}
	text.WriteString("\r\n")
	if chunked && body != "" {
		body = fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(body), body)
	}
	text.WriteString(body)
	return text.Bytes()
}

// read takes the answer, without interim ones.
func read(conn io.Reader, method string) (answer, error) {
	in := bufio.NewReader(conn)
	for {
		got, err := http.ReadResponse(in, &http.Request{Method: method})
		if err != nil {
			return answer{}, err
		}
		if got.StatusCode == http.StatusContinue {
			continue
		}
		body, err := io.ReadAll(got.Body)
		return answer{got.StatusCode, got.Header.Get("Content-Type"), string(body)}, err
	}
}

// cut is a body of which the records hold the length and the beginning.
var cut = regexp.MustCompile(`(?s)^<<(\d+) bytes>> (.*?)x*…$`)

// whole makes up what the records leave out of a body.
func whole(body string) string {
	parts := cut.FindStringSubmatch(body)
	if parts == nil {
		return body
	}
	size, _ := strconv.Atoi(parts[1])
	end := ""
	if strings.HasPrefix(parts[2], "{") {
		end = `"}`
	}
	return parts[2] + strings.Repeat("x", size-len(parts[2])-len(end)) + end
}
