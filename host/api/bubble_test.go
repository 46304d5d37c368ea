package api

import (
	"fmt"
	"net"
	"os"
	"testing"
	"testing/synctest"

	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/valyala/fasthttp"
	"github.com/valyala/fasthttp/fasthttputil"
)

func TestMain(m *testing.M) {
	if err := warm(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	openapi3filter.RegisterBodyDecoder("text/event-stream", openapi3filter.RegisteredBodyDecoder("text/plain"))
	os.Exit(m.Run())
}

// warm serves one request, so that a goroutine that fasthttp starts once and keeps
// for ever is born outside any bubble.
func warm() error {
	listener := fasthttputil.NewInmemoryListener()
	served := make(chan error, 1)
	go func() { served <- fasthttp.Serve(listener, func(*fasthttp.RequestCtx) {}) }()
	client := fasthttp.HostClient{Addr: "butlerd", Dial: func(string) (net.Conn, error) { return listener.Dial() }}
	if _, _, err := client.Get(nil, "http://butlerd/"); err != nil {
		return err
	}
	if err := listener.Close(); err != nil {
		return err
	}
	return <-served
}

// inBubble runs a test in virtual time.
func inBubble(t *testing.T, name string, test func(t *testing.T)) {
	t.Run(name, func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, test)
	})
}
