package pgtest_test

import (
	"bufio"
	"io"
	"net"
	"testing"
	"time"

	"butlerd/host/store/postgres/pgtest"
)

// echo answers each line with its name and the line. It returns its address.
func echo(t *testing.T, name string) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	t.Cleanup(func() { _ = ln.Close() })
	go func() { // ends with the listener
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go func() { // ends with the connection, which the proxy closes
				defer c.Close()
				for s := bufio.NewScanner(c); s.Scan(); {
					_, _ = io.WriteString(c, name+s.Text()+"\n")
				}
			}()
		}
	}()
	return ln.Addr().String()
}

// client is a connection through a proxy.
type client struct {
	net.Conn
	lines *bufio.Reader
}

func dial(t *testing.T, p *pgtest.Proxy) client {
	t.Helper()
	c, err := net.Dial("tcp", p.Addr())
	must(t, err)
	t.Cleanup(func() { _ = c.Close() })
	return client{Conn: c, lines: bufio.NewReader(c)}
}

// askAnew asks on a new connection, which may be refused as it is made.
func askAnew(p *pgtest.Proxy) (string, error) {
	c, err := net.Dial("tcp", p.Addr())
	if err != nil {
		return "", err
	}
	defer c.Close()
	return client{Conn: c, lines: bufio.NewReader(c)}.ask(10 * time.Second)
}

// ask sends a line and waits for the answer.
func (c client) ask(within time.Duration) (string, error) {
	if _, err := io.WriteString(c, "x\n"); err != nil {
		return "", err
	}
	return c.read(within)
}

func (c client) read(within time.Duration) (string, error) {
	_ = c.SetReadDeadline(time.Now().Add(within))
	return c.lines.ReadString('\n')
}

// answered fails unless the client is answered by a server of that name.
func (c client) answered(t *testing.T, name string) {
	t.Helper()
	if got, err := c.ask(10 * time.Second); got != name+"x\n" {
		t.Errorf("answer = %q, %v, want one of %s", got, err, name)
	}
}

func timedOut(err error) bool {
	e, ok := err.(net.Error)
	return ok && e.Timeout()
}

func TestProxyForwards(t *testing.T) {
	t.Parallel()
	p := pgtest.NewProxy(t, echo(t, "a"))
	c := dial(t, p)
	c.answered(t, "a")
	must(t, c.Conn.(*net.TCPConn).CloseWrite())
	if _, err := c.read(10 * time.Second); err != io.EOF {
		t.Errorf("the end is not forwarded: %v", err)
	}
}

func TestProxyCuts(t *testing.T) {
	t.Parallel()
	p := pgtest.NewProxy(t, echo(t, "a"))
	c := dial(t, p)
	c.answered(t, "a")
	p.Cut()
	if _, err := c.read(10 * time.Second); err == nil || timedOut(err) {
		t.Errorf("a cut connection is still there: %v", err)
	}
	if _, err := askAnew(p); err == nil || timedOut(err) {
		t.Errorf("a new connection was taken: %v", err)
	}
	p.Heal()
	dial(t, p).answered(t, "a")
}

func TestProxyFreezes(t *testing.T) {
	t.Parallel()
	p := pgtest.NewProxy(t, echo(t, "a"))
	before := dial(t, p)
	before.answered(t, "a")
	p.Freeze()
	during := dial(t, p)
	for name, c := range map[string]client{"old": before, "new": during} {
		if _, err := c.ask(200 * time.Millisecond); !timedOut(err) {
			t.Errorf("the %s connection is not silent: %v", name, err)
		}
	}
	p.Heal()
	for name, c := range map[string]client{"old": before, "new": during} {
		if got, err := c.read(10 * time.Second); got != "ax\n" {
			t.Errorf("the %s connection lost what was held back: %q, %v", name, got, err)
		}
	}
}

func TestProxyCutsWhatIsFrozen(t *testing.T) {
	t.Parallel()
	p := pgtest.NewProxy(t, echo(t, "a"))
	c := dial(t, p)
	c.answered(t, "a")
	p.Freeze()
	p.Cut()
	if _, err := c.ask(10 * time.Second); err == nil || timedOut(err) {
		t.Errorf("a cut connection is still there: %v", err)
	}
}

func TestProxyRetargets(t *testing.T) {
	t.Parallel()
	p := pgtest.NewProxy(t, echo(t, "a"))
	before := dial(t, p)
	before.answered(t, "a")
	p.Retarget(echo(t, "b"))
	before.answered(t, "a")
	dial(t, p).answered(t, "b")
}

func TestProxyBeforeServer(t *testing.T) {
	t.Parallel()
	s := pgtest.Shared(t)
	url := s.NewDatabase(t)
	write(t, url)
	p := pgtest.NewProxy(t, s.Addr())
	kept(t, p.URL(url))
}
