package sdk_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"butlerd/sdk"
	"butlerd/sdk/schema"
	"butlerd/sdk/sdktest"
)

type findArgs struct {
	Prefix string `hcl:"prefix" default:"a"`
	Size   int    `hcl:"size,optional"`
}

type found struct {
	Names []string `json:"names"`
}

func find(_ context.Context, args findArgs) (found, error) {
	switch {
	case args.Prefix == "panic":
		panic("at the disco")
	case args.Prefix == "gone":
		return found{}, sdk.Permanent(errors.New("it is not there"))
	case args.Prefix == "silent":
		return found{}, errors.New("")
	case args.Prefix == "at":
		return found{}, sdk.At(errors.New("no such size"), "size")
	}
	return found{Names: []string{args.Prefix + strings.Repeat("x", args.Size)}}, nil
}

func TestAQueryIsAnswered(t *testing.T) {
	t.Parallel()
	query := sdk.NewQuery("find", find)
	tests := map[string]struct {
		arguments string
		want      sdktest.Answer
	}{
		"an answer, with the defaults": {`{}`, sdktest.Answer{Result: []byte(`{"names":["a"]}`)}},
		"an error that lasts":          {`{"prefix":"gone"}`, sdktest.Answer{Err: "it is not there", Permanent: true}},
		"an error without a text":      {`{"prefix":"silent"}`, sdktest.Answer{Err: "the query failed and does not say why"}},
		"a panic":                      {`{"prefix":"panic"}`, sdktest.Answer{Err: `query "find" panicked: at the disco`}},
		"an error with a place": {`{"prefix":"at"}`, sdktest.Answer{Err: "no such size",
			Diagnostics: []schema.Diagnostic{{Severity: schema.Error, Summary: "no such size", Path: schema.Path{"size"}}}}},
		"an answer that is too large": {fmt.Sprintf(`{"size":%d}`, sdk.MaxQueryResult),
			sdktest.Answer{Err: fmt.Sprintf("the answer is %d bytes of JSON, more than the %d that may be sent", sdk.MaxQueryResult+len(`{"names":["a"]}`), sdk.MaxQueryResult), Permanent: true}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(&tt.want, sdktest.Query(t, query, tt.arguments)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAQueryRefusesArgumentsAsAnActionDoes(t *testing.T) {
	t.Parallel()
	a := sdktest.Query(t, sdk.NewQuery("find", find), `{"size":"x"}`)
	if !strings.HasPrefix(a.Err, "the arguments are not valid: size: ") || !a.Permanent || len(a.Diagnostics) != 1 {
		t.Errorf("got %+v", a)
	}
}

func TestTheLargestAnswerFitsAMessage(t *testing.T) {
	t.Parallel()
	c := sdktest.Serve(t, sdk.Plugin{Name: "finder", Actions: []sdk.Action{sdk.NewQuery("find", find)}})
	a, err := c.Query(t.Context(), "find", fmt.Sprintf(`{"size":%d}`, sdk.MaxQueryResult-len(`{"names":["a"]}`)))
	if err != nil || len(a.Result) != sdk.MaxQueryResult {
		t.Errorf("an answer of %d bytes, %v", len(a.Result), err)
	}
}

func TestANilAnswerIsAnEmptyObject(t *testing.T) {
	t.Parallel()
	none := sdk.NewQuery("none", func(context.Context, struct{}) (map[string]int, error) { return nil, nil })
	if a := sdktest.Query(t, none, `{}`); string(a.Result) != `{}` {
		t.Errorf("got %+v", a)
	}
}

func TestAQueryEndsWithItsCaller(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ended := make(chan error, 1)
		slow := sdk.NewQuery("slow", func(ctx context.Context, _ struct{}) (struct{}, error) {
			<-ctx.Done()
			ended <- ctx.Err()
			return struct{}{}, ctx.Err()
		})
		c := sdktest.Serve(t, sdk.Plugin{Name: "slow", Actions: []sdk.Action{slow}})
		ctx, stop := context.WithTimeout(t.Context(), time.Minute)
		defer stop()
		if _, err := c.Query(ctx, "slow", `{}`); status.Code(err) != codes.DeadlineExceeded {
			t.Errorf("got %v", err)
		}
		if err := <-ended; err == nil {
			t.Error("its context has not ended")
		}
	})
}

func TestQueriesAndActionsAreNotMistakenForEachOther(t *testing.T) {
	t.Parallel()
	c := sdktest.Serve(t, sdk.Plugin{Name: "both", Actions: []sdk.Action{sdk.NewQuery("find", find), sdk.NewAction("nothing", nothing)}})
	if _, err := c.Run(t.Context(), "find", `{}`); status.Code(err) != codes.FailedPrecondition {
		t.Errorf("a query was executed: %v", err)
	}
	if _, err := c.Query(t.Context(), "nothing", `{}`); status.Code(err) != codes.FailedPrecondition {
		t.Errorf("an action was asked: %v", err)
	}
	if _, err := c.Query(t.Context(), "nobody", `{}`); status.Code(err) != codes.NotFound {
		t.Errorf("a query that is not there: %v", err)
	}
}

func TestAQueryIsNotAnsweredBeforeConfigure(t *testing.T) {
	t.Parallel()
	p := sdk.Plugin{
		Name:      "finder",
		Configure: sdk.NewConfigure(func(context.Context, struct{}) error { return nil }),
		Actions:   []sdk.Action{sdk.NewQuery("find", find)},
	}
	c := sdktest.Serve(t, p)
	if _, err := c.Query(t.Context(), "find", `{}`); status.Code(err) != codes.FailedPrecondition {
		t.Errorf("got %v", err)
	}
	if _, err := c.Configure(t.Context(), `{}`); err != nil {
		t.Fatal(err)
	}
	if a, err := c.Query(t.Context(), "find", `{}`); err != nil || a.Err != "" {
		t.Errorf("got %+v, %v", a, err)
	}
}

func TestAQueryHasNothingToResume(t *testing.T) {
	t.Parallel()
	_, err := sdk.NewServer(sdk.Plugin{Name: "p", Actions: []sdk.Action{sdk.NewQuery("find", find).WithResume()}})
	if err == nil || !strings.Contains(err.Error(), "nothing to be resumed") {
		t.Errorf("got %v", err)
	}
	_, err = sdk.NewServer(sdk.Plugin{Name: "p", Actions: []sdk.Action{sdk.NewQuery[struct{}, struct{}]("find", nil)}})
	if err == nil || !strings.Contains(err.Error(), "no function") {
		t.Errorf("got %v", err)
	}
}

func TestQueriesConform(t *testing.T) {
	t.Parallel()
	p := sdk.Plugin{Name: "finder", Actions: []sdk.Action{sdk.NewQuery("find", find), sdk.NewAction("nothing", nothing)}}
	sdktest.Conformance(t, sdktest.Serve(t, p), sdktest.Calls{Asked: sdktest.Call{Action: "find", Arguments: `{}`}})
}

func TestAcceptanceIsToldOnce(t *testing.T) {
	t.Parallel()
	var later *sdk.Run
	r := sdktest.Run(t, sdk.NewAction("order", func(_ context.Context, run *sdk.Run, _ struct{}) (struct{}, error) {
		run.Accepted()
		run.Accepted()
		later = run
		return struct{}{}, errors.New("but not done")
	}), `{}`)
	later.Accepted() // dropped, as all that comes after the result
	if !r.Accepted || r.Status != sdktest.Failed {
		t.Errorf("got %+v", r)
	}
	if r := sdktest.Run(t, sdk.NewAction("nothing", nothing), `{}`); r.Accepted {
		t.Error("nobody said so")
	}
	new(sdk.Run).Accepted() // one that a test has made by hand
}
