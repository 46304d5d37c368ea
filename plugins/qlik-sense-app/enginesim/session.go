package enginesim

import (
	"context"
	"encoding/json"
	"strings"
	"sync"

	"github.com/coder/websocket"
)

// maxRequest bounds what a client may send at once, in bytes.
const maxRequest = 1 << 20

// session is one connection. Its calls are answered in order, apart from a reload,
// which goes on beside them.
type session struct {
	sim  *Simulator
	ws   *websocket.Conn
	user string
	work sync.WaitGroup // reloads

	app     *App        // that is open; nil before
	handles map[int]any // objects by their handle
	reload  *progress   // of the newest reload; nil before
	lost    context.CancelFunc
}

func newSession(s *Simulator, ws *websocket.Conn, user string) *session {
	return &session{sim: s, ws: ws, user: user, handles: map[int]any{}}
}

// rpc is a request of a client.
type rpc struct {
	ID     int64             `json:"id"`
	Handle int               `json:"handle"`
	Method string            `json:"method"`
	Params []json.RawMessage `json:"params"`
}

// serve answers until the connection ends, and with it ends what is under way.
func (s *session) serve(ctx context.Context, fault Fault) {
	ctx, cancel := context.WithCancel(ctx)
	s.lost = cancel
	defer s.work.Wait()
	defer s.ws.CloseNow()
	defer cancel()
	s.send(ctx, members{"jsonrpc": "2.0", "method": "OnConnected", "params": members{"qSessionState": "SESSION_CREATED"}})
	if fault.is(Raw) {
		_ = s.ws.Write(ctx, websocket.MessageText, []byte(fault.Message))
	}
	for {
		_, data, err := s.ws.Read(ctx)
		if err != nil {
			return
		}
		var r rpc
		if err := json.Unmarshal(data, &r); err != nil {
			_ = s.ws.Close(websocket.StatusPolicyViolation, "no JSON-RPC")
			return
		}
		if !s.call(ctx, r) {
			return
		}
	}
}

// call answers one request. It is false when the connection is to break.
func (s *session) call(ctx context.Context, r rpc) bool {
	params, err := json.Marshal(r.Params)
	if err != nil {
		return false
	}
	s.sim.record(Call{User: s.user, Method: r.Method, Params: string(params)})
	fault := s.sim.faults.take(r.Method)
	switch {
	case fault.is(Delay) && !pause(ctx, fault.Delay), fault.is(DropBefore):
		return false
	case fault.is(Silence):
		return true
	case fault.is(NoEffect):
		s.answer(ctx, r.ID, members{})
		return true
	case fault.is(Raw):
		_ = s.ws.Write(ctx, websocket.MessageText, []byte(fault.Message))
		return true
	case fault.is(Oversized):
		s.answer(ctx, r.ID, members{"qFiller": strings.Repeat("x", fault.Code)})
		return true
	case fault.is(Answer):
		s.refuse(ctx, r.ID, &failure{fault.Code, fault.Message})
		return true
	case r.Method == "DoReload":
		s.doReload(ctx, r, fault)
		return true
	}
	result, failed := s.dispatch(r)
	switch {
	case fault.is(DropAfter):
		return false
	case failed != nil:
		s.refuse(ctx, r.ID, failed)
	default:
		s.answer(ctx, r.ID, result)
	}
	return true
}

func (s *session) answer(ctx context.Context, id int64, result any) {
	s.send(ctx, members{"jsonrpc": "2.0", "id": id, "result": result})
}

func (s *session) refuse(ctx context.Context, id int64, f *failure) {
	s.send(ctx, members{"jsonrpc": "2.0", "id": id, "error": members{"code": f.code, "parameter": "", "message": f.text}})
}

// send gives up when the connection has ended: whoever reads notices as well.
func (s *session) send(ctx context.Context, message any) {
	data, err := json.Marshal(message)
	if err != nil { // an app of the options holds what is no JSON
		_ = s.ws.Close(websocket.StatusInternalError, "no JSON")
		return
	}
	_ = s.ws.Write(ctx, websocket.MessageText, data)
}
