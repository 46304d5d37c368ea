package hosttest

import (
	"net"

	"github.com/valyala/fasthttp"
	"github.com/valyala/fasthttp/fasthttputil"
)

// Warm serves one request, so that a goroutine that fasthttp starts once and
// keeps for ever is born outside any bubble. Packages that start hosts in
// bubbles call it in TestMain.
func Warm() error {
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
