package plugin

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	actionv1 "butlerd/sdk/proto/butlerd/action/v1"
)

func ask(ctx context.Context, p *Plugin, query, arguments string) (string, error) {
	answer, err := p.Query(ctx, query, []byte(arguments))
	return string(answer), err
}

func TestQuery(t *testing.T) {
	t.Parallel()
	inBubble := func(name string, test func(t *testing.T, p *Plugin)) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { test(t, piped(t)) })
		})
	}
	inBubble("gives the answer", func(t *testing.T, p *Plugin) {
		answer, err := ask(t.Context(), p, "greeting", `{"text":"world"}`)
		if err != nil || answer != `{"text":"hello world","pid":0}` {
			t.Errorf("got %s, %v", answer, err)
		}
	})
	inBubble("tells what the plugin says, without secrets", func(t *testing.T, p *Plugin) {
		p.redact = func(text string) string { return strings.ReplaceAll(text, "s3cret", "***") }
		for text, want := range map[string]QueryError{
			"gone":  {Text: "there is no gone", Permanent: true},
			"leak":  {Text: "the password *** is wrong"},
			"panic": {Text: `query "greeting" panicked: at the disco`},
		} {
			_, err := ask(t.Context(), p, "greeting", `{"text":"`+text+`"}`)
			var said *QueryError
			if !errors.As(err, &said) || !cmp.Equal(*said, want) {
				t.Errorf("%s: got %v, want %v", text, err, want)
			}
		}
		_, err := ask(t.Context(), p, "greeting", `{"text":7}`)
		var said *QueryError
		if !errors.As(err, &said) || !said.Permanent || !strings.Contains(said.Text, "text") {
			t.Errorf("arguments that do not fit: %v", err)
		}
	})
	inBubble("ends with its context, and with what that ended of", func(t *testing.T, p *Plugin) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if _, err := ask(ctx, p, "greeting", `{"text":"wait"}`); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
	})
	inBubble("is answered while attempts execute", func(t *testing.T, p *Plugin) {
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { execute(ctx, p, "wait", `{}`); close(ended) }()
		synctest.Wait()
		if _, err := ask(t.Context(), p, "greeting", `{}`); err != nil || p.Status().Running != 1 {
			t.Errorf("%v, with %d attempts", err, p.Status().Running)
		}
		cancel()
		<-ended
	})
	inBubble("is refused for what is no query", func(t *testing.T, p *Plugin) {
		for _, typ := range []string{"greet", "nobody"} {
			if _, err := ask(t.Context(), p, typ, `{}`); !errors.Is(err, ErrNoQuery) {
				t.Errorf("%s: %v", typ, err)
			}
		}
		if ending, _ := execute(t.Context(), p, "greeting", `{}`); ending.Error == "" || !strings.Contains(ending.Error, "is a query") {
			t.Errorf("executing it: %+v", ending)
		}
	})
	inBubble("says when the plugin is not there", func(t *testing.T, p *Plugin) {
		p.Stop()
		if _, err := ask(t.Context(), p, "greeting", `{}`); !errors.Is(err, ErrUnavailable) {
			t.Errorf("got %v", err)
		}
	})
}

// Query of a script answers with what it is given, or does not know the call.
func (s *scripted) Query(ctx context.Context, r *actionv1.QueryRequest) (*actionv1.QueryResponse, error) {
	if s.answer == nil {
		return s.UnimplementedActionServiceServer.Query(ctx, r)
	}
	return s.answer, nil
}

func TestQueryOfAPluginThatIsNotSound(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		answer *actionv1.QueryResponse
		want   string
	}{
		"no call":        {nil, "older SDK"},
		"no object":      {&actionv1.QueryResponse{ResultJson: []byte(`[1]`)}, "is no JSON object"},
		"no JSON":        {&actionv1.QueryResponse{ResultJson: []byte(`{`)}, "is no JSON object"},
		"nothing at all": {&actionv1.QueryResponse{}, "is no JSON object"},
		"too much":       {&actionv1.QueryResponse{ResultJson: slices.Repeat([]byte{'{'}, 5<<20)}, "larger than max"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := (&scripted{answer: tt.answer}).plugin(t)
			p.description.Actions = append(p.description.Actions, Action{Type: "ask", Query: true})
			_, err := ask(t.Context(), p, "ask", `{}`)
			if err == nil || !strings.Contains(err.Error(), tt.want) || errors.As(err, new(*QueryError)) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

func TestAcceptanceIsHeardOnce(t *testing.T) {
	t.Parallel()
	accepted := &actionv1.ExecuteResponse{Event: &actionv1.ExecuteResponse_Accepted{Accepted: &actionv1.Accepted{}}}
	p := (&scripted{events: []*actionv1.ExecuteResponse{accepted, accepted}}).plugin(t)
	heard := 0
	p.Execute(t.Context(), Call{Action: "act", RunID: "run-1", Attempt: 1, Accepted: func() { heard++ }}, nil)
	p.Execute(t.Context(), Call{Action: "act", RunID: "run-2", Attempt: 1}, nil) // nobody wants to know
	if heard != 1 {
		t.Errorf("heard %d times", heard)
	}
}
