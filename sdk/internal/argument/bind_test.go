package argument_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"butlerd/sdk/internal/argument"
	"butlerd/sdk/schema"
)

type mode string

type common struct {
	Verbose bool `hcl:"verbose,optional"`
}

type tls struct {
	CA   string `hcl:"ca" doc:"the root"`
	Skip bool   `hcl:"skip" default:"false"`
}

type header struct {
	Key   string `hcl:"key"`
	Value string `hcl:"value,optional"`
}

// everything has each tag and each type once.
type everything struct {
	common

	Name    string              `hcl:"name" doc:"whom"`
	Mode    mode                `hcl:"mode" default:"fast" enum:"fast,slow"`
	Secret  string              `hcl:"secret,optional" sensitive:"true"`
	Old     string              `hcl:"old,optional" deprecated:"use name"`
	Count   int8                `hcl:"count" default:"3"`
	Size    uint16              `hcl:"size,optional"`
	Ratio   float64             `hcl:"ratio" default:"0.5"`
	Timeout time.Duration       `hcl:"timeout" default:"1m30s"`
	Tags    []string            `hcl:"tags" default:"[\"a\"]"`
	Waits   []time.Duration     `hcl:"waits,optional"`
	Labels  map[string]int      `hcl:"labels,optional"`
	Deep    map[string][]string `hcl:"deep,optional"`
	Maybe   *int                `hcl:"maybe"`
	TLS     tls                 `hcl:"tls,block"`
	Proxy   *tls                `hcl:"proxy,block" doc:"the way out"`
	Headers []header            `hcl:"header,block"`
	Skipped func()              `hcl:"-"`

	_ int // not exported, so no argument
}

func TestOfDerivesTheSchema(t *testing.T) {
	t.Parallel()
	s, err := argument.Of(reflect.TypeFor[everything]())
	if err != nil {
		t.Fatal(err)
	}
	tlsBody := schema.Body{Attributes: []schema.Attribute{
		{Name: "ca", Type: schema.String, Required: true, Doc: "the root"},
		{Name: "skip", Type: schema.Bool, Default: json.RawMessage(`false`)},
	}}
	want := schema.Body{
		Attributes: []schema.Attribute{
			{Name: "verbose", Type: schema.Bool},
			{Name: "name", Type: schema.String, Required: true, Doc: "whom"},
			{Name: "mode", Type: schema.String, Default: json.RawMessage(`"fast"`), Enum: []string{"fast", "slow"}},
			{Name: "secret", Type: schema.String, Sensitive: true},
			{Name: "old", Type: schema.String, Deprecated: "use name"},
			{Name: "count", Type: schema.Integer, Default: json.RawMessage(`3`)},
			{Name: "size", Type: schema.Integer},
			{Name: "ratio", Type: schema.Number, Default: json.RawMessage(`0.5`)},
			{Name: "timeout", Type: schema.Duration, Default: json.RawMessage(`"1m30s"`)},
			{Name: "tags", Type: "list(string)", Default: json.RawMessage(`["a"]`)},
			{Name: "waits", Type: "list(duration)"},
			{Name: "labels", Type: "map(integer)"},
			{Name: "deep", Type: "map(list(string))"},
			{Name: "maybe", Type: schema.Integer},
		},
		Blocks: []schema.Block{
			{Name: "tls", Nesting: schema.Single, Min: 1, Body: tlsBody},
			{Name: "proxy", Nesting: schema.Single, Doc: "the way out", Body: tlsBody},
			{Name: "header", Nesting: schema.List, Body: schema.Body{Attributes: []schema.Attribute{
				{Name: "key", Type: schema.String, Required: true},
				{Name: "value", Type: schema.String},
			}}},
		},
	}
	if diff := cmp.Diff(want, s.Schema()); diff != "" {
		t.Error(diff)
	}
}

type endless struct {
	Inner []endless `hcl:"inner,block"`
}

func TestOfTellsTheAuthorsMistakes(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		in   any
		want string
	}{
		"no struct":             {"", "string is not a struct"},
		"a field without a tag": {struct{ Name string }{}, "field .Name: has no hcl tag"},
		"a tag on a private field": {struct {
			name string `hcl:"name"`
		}{}, "is not exported"},
		"an unknown option": {struct {
			A string `hcl:"a,required"`
		}{}, `unknown option "required"`},
		"a name with capitals": {struct {
			A string `hcl:"userID"`
		}{}, `name "userID"`},
		"an empty name": {struct {
			A string `hcl:",optional"`
		}{}, `name ""`},
		"a name used twice": {struct {
			A, B string `hcl:"a"`
		}{}, `name "a" is used twice`},
		"an interface": {struct {
			A any `hcl:"a"`
		}{}, "cannot be an argument; use string"},
		"a struct that is no block": {struct {
			A tls `hcl:"a"`
		}{}, "cannot be an argument"},
		"a map with number keys": {struct {
			A map[int]string `hcl:"a"`
		}{}, "cannot be an argument"},
		"a pointer to a pointer": {struct {
			A **int `hcl:"a"`
		}{}, "cannot be an argument"},
		"a list of pointers": {struct {
			A []*int `hcl:"a"`
		}{}, "cannot be an argument"},
		"a block of text": {struct {
			A string `hcl:"a,block"`
		}{}, "a block must be a struct"},
		"a block of texts": {struct {
			A []string `hcl:"a,block"`
		}{}, "made of a struct, not of string"},
		"a struct within itself": {endless{}, "endless contains itself"},
		"an embedded pointer":    {struct{ *tls }{}, "not by pointer"},
		"a secret that is perhaps": {struct {
			A string `hcl:"a" sensitive:"maybe"`
		}{}, `sensitive must be "true" or "false"`},
		"an enum of numbers": {struct {
			A int `hcl:"a" enum:"1,2"`
		}{}, "enum is for strings"},
		"a default of another type": {struct {
			A int `hcl:"a" default:"\"x\""`
		}{}, `a: default "x": it must be a number, not a string`},
		"a default that is no JSON": {struct {
			A []int `hcl:"a" default:"1,2"`
		}{}, "default is not JSON"},
		"a default out of range": {struct {
			A int8 `hcl:"a" default:"200"`
		}{}, "must be between -128 and 127"},
		"a default without a unit": {struct {
			A time.Duration `hcl:"a" default:"30"`
		}{}, "duration with a unit"},
		"a default outside its enum": {struct {
			A string `hcl:"a" enum:"x,y" default:"z"`
		}{}, "must be one of x, y"},
		"a bad default inside blocks": {struct {
			A []struct {
				B bool `hcl:"b" default:"1"`
			} `hcl:"a,block"`
		}{}, "must be a bool, not a number"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := argument.Of(reflect.TypeOf(tt.in))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

func TestOfTellsAllMistakesAtOnce(t *testing.T) {
	t.Parallel()
	_, err := argument.Of(reflect.TypeFor[struct {
		A any    `hcl:"a"`
		B string `hcl:"b,sometimes"`
	}]())
	if err == nil || !strings.Contains(err.Error(), ".A:") || !strings.Contains(err.Error(), ".B:") {
		t.Errorf("got %v", err)
	}
}
