package enginesim

import (
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/coder/websocket"
)

// server is a listener that serves.
type server struct {
	http   *http.Server
	cancel context.CancelFunc // ends the sessions
	done   chan struct{}      // closed when nothing is accepted any more
}

// serve serves until stop.
func serve(socket net.Listener, handler http.Handler) *server {
	ctx, cancel := context.WithCancel(context.Background())
	s := &server{cancel: cancel, done: make(chan struct{}), http: &http.Server{
		Handler:           handler,
		BaseContext:       func(net.Listener) context.Context { return ctx },
		ReadHeaderTimeout: 10 * time.Second,
		MaxHeaderBytes:    64 << 10,
		// Failed handshakes are for the client to report.
		ErrorLog: log.New(io.Discard, "", 0),
	}}
	go func() { // until the server is closed
		defer close(s.done)
		_ = s.http.Serve(socket) // always an error: that it was closed
	}()
	return s
}

// stop closes what has not become a session, and tells the sessions to end.
func (s *server) stop() error {
	s.cancel()
	err := s.http.Close()
	<-s.done
	return err
}

// accept makes a session of a request.
func (s *Simulator) accept(w http.ResponseWriter, r *http.Request) {
	if !s.enter() {
		return
	}
	defer s.work.Done()
	user, ok := parseUser(r.Header.Get("X-Qlik-User"))
	s.record(Call{User: user, Method: connect, Params: r.URL.Path})
	fault := s.faults.take(connect)
	switch {
	case fault.is(Delay) && !pause(r.Context(), fault.Delay):
		return
	case fault.is(Silence):
		<-r.Context().Done()
		return
	case fault.is(DropBefore), fault.is(DropAfter):
		panic(http.ErrAbortHandler) // the way to make net/http close a connection
	case fault.is(Answer):
		http.Error(w, fault.Message, fault.Code)
		return
	case !ok:
		http.Error(w, "Forbidden", http.StatusForbidden)
		return
	case r.URL.Path != "/app" && !strings.HasPrefix(r.URL.Path, "/app/"):
		http.NotFound(w, r)
		return
	}
	ws, err := websocket.Accept(w, r, nil)
	if err != nil {
		return // it has answered
	}
	ws.SetReadLimit(maxRequest)
	newSession(s, ws, user).serve(r.Context(), fault)
}

// enter counts a session in, unless the simulator has stopped.
func (s *Simulator) enter() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.server == nil {
		return false
	}
	s.work.Add(1)
	return true
}

// parseUser reads the header that names the user.
func parseUser(header string) (string, bool) {
	values := map[string]string{}
	for part := range strings.SplitSeq(header, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		text, err := url.QueryUnescape(value)
		if err != nil {
			return "", false
		}
		values[strings.ToLower(name)] = text
	}
	directory, id := values["userdirectory"], values["userid"]
	return directory + `\` + id, directory != "" && id != ""
}

// pause waits, unless ctx ends before.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
