package sdk

import (
	"io"

	"google.golang.org/protobuf/types/known/timestamppb"

	actionv1 "butlerd/sdk/proto/butlerd/action/v1"
)

// stream is the part of a gRPC server stream that events need.
type stream interface {
	Send(*actionv1.ExecuteResponse) error
}

// events numbers what an attempt tells and sends it in order. gRPC wants one
// sender at a time and none after the handler has returned; both are seen to
// here. A sender waits while the host is slow, until the stream ends.
type events struct {
	gate     gate
	stream   stream // nil once nothing may be sent any more
	seq      uint64
	summary  string
	accepted bool // has been told
}

func newEvents(s stream) *events { return &events{gate: newGate(), stream: s} }

// send stamps and sends one event, unless the attempt is over. It is false when
// nobody will read the event.
func (e *events) send(event *actionv1.ExecuteResponse) bool {
	e.gate.lock()
	defer e.gate.unlock()
	if e.stream == nil {
		return false
	}
	if err := e.put(event); err != nil {
		e.stream = nil // the host is gone, and with it whoever would read more
	}
	return e.stream != nil
}

func (e *events) put(event *actionv1.ExecuteResponse) error {
	e.seq++
	event.Seq = e.seq
	event.Time = timestamppb.Now()
	return e.stream.Send(event)
}

// finish sends the result and drops everything that comes later. It tells
// nothing of a broken stream: then nobody is there to be told.
func (e *events) finish(result *actionv1.Result) {
	e.gate.lock()
	defer e.gate.unlock()
	if e.stream == nil {
		return
	}
	result.Summary = e.summary
	_ = e.put(&actionv1.ExecuteResponse{Event: &actionv1.ExecuteResponse_Result{Result: result}})
	e.stream = nil
}

// accept tells that the work was accepted, once.
func (e *events) accept() {
	e.gate.lock()
	first := !e.accepted
	e.accepted = true
	e.gate.unlock()
	if first {
		e.send(&actionv1.ExecuteResponse{Event: &actionv1.ExecuteResponse_Accepted{Accepted: &actionv1.Accepted{}}})
	}
}

func (e *events) summarise(text string) {
	e.gate.lock()
	defer e.gate.unlock()
	e.summary = text
}

// output sends what is written to it in chunks.
type output struct{ events *events }

var _ io.Writer = (*output)(nil)

func (o *output) Write(p []byte) (int, error) {
	for rest := p; len(rest) > 0; {
		chunk := rest[:min(len(rest), maxChunk)]
		rest = rest[len(chunk):]
		o.events.send(&actionv1.ExecuteResponse{
			Event: &actionv1.ExecuteResponse_Output{Output: &actionv1.Output{Data: chunk}},
		})
	}
	return len(p), nil
}
