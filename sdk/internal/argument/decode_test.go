package argument_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"butlerd/sdk/internal/argument"
	"butlerd/sdk/schema"
)

func bound[C any](t testing.TB) *argument.Struct {
	t.Helper()
	s, err := argument.Of(reflect.TypeFor[C]())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// faults decodes and gives what is wrong as "path: text".
func faults[C any](t testing.TB, doc string) []string {
	t.Helper()
	var into C
	var out []string
	for _, d := range bound[C](t).Decode([]byte(doc), &into) {
		out = append(out, fmt.Sprintf("%s: %s", d.Path, d.Summary))
	}
	return out
}

func TestDecodeFillsTheStruct(t *testing.T) {
	t.Parallel()
	maybe := 7
	full := everything{
		common: common{Verbose: true},
		Name:   "Ada", Mode: "slow", Secret: "s", Count: -128, Size: 65535, Ratio: 1e-3,
		Timeout: 90 * time.Second, Tags: []string{"x", "åäö"}, Waits: []time.Duration{time.Second},
		Labels: map[string]int{"a": 1}, Deep: map[string][]string{"k": {"v"}}, Maybe: &maybe,
		TLS: tls{CA: "ca", Skip: true}, Proxy: &tls{CA: "p"}, Headers: []header{{Key: "k", Value: "v"}, {Key: "l"}},
	}
	defaults := everything{
		Name: "Ada", Mode: "fast", Count: 3, Ratio: 0.5, Timeout: 90 * time.Second, Tags: []string{"a"},
		TLS: tls{CA: "ca"},
	}
	tests := map[string]struct {
		doc  string
		want everything
	}{
		"from every member": {`{
			"verbose": true, "name": "Ada", "mode": "slow", "secret": "s", "count": -128, "size": 65535, "ratio": 1e-3,
			"timeout": "1m30s", "tags": ["x", "åäö"], "waits": ["1s"], "labels": {"a": 1}, "deep": {"k": ["v"]},
			"maybe": 7, "tls": {"ca": "ca", "skip": true}, "proxy": {"ca": "p", "skip": null},
			"header": [{"key": "k", "value": "v"}, {"key": "l"}]}`, full},
		"with defaults where members are absent": {`{"name": "Ada", "tls": {"ca": "ca"}}`, defaults},
		"with defaults where members are null": {`{
			"verbose": null, "name": "Ada", "mode": null, "secret": null, "old": null, "count": null, "size": null,
			"ratio": null, "timeout": null, "tags": null, "waits": null, "labels": null, "deep": null, "maybe": null,
			"tls": {"ca": "ca"}, "proxy": null, "header": null}`, defaults},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got everything
			if faults := bound[everything](t).Decode([]byte(tt.doc), &got); len(faults) > 0 {
				t.Fatal(faults)
			}
			if diff := cmp.Diff(tt.want, got, cmp.AllowUnexported(everything{}), cmpopts.IgnoreFields(everything{}, "Skipped")); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestDecodeKeepsIntegersExact(t *testing.T) {
	t.Parallel()
	type exact struct {
		Low  int64  `hcl:"low"`
		High uint64 `hcl:"high"`
	}
	var got exact
	doc := `{"low": -9223372036854775808, "high": 18446744073709551615}`
	if faults := bound[exact](t).Decode([]byte(doc), &got); len(faults) > 0 {
		t.Fatal(faults)
	}
	if diff := cmp.Diff(exact{-9223372036854775808, 18446744073709551615}, got); diff != "" {
		t.Error(diff)
	}
}

func TestDecodePlacesFaults(t *testing.T) {
	t.Parallel()
	type small struct {
		Name  string             `hcl:"name,optional"`
		Mode  *mode              `hcl:"mode" enum:"fast,slow"`
		N     int8               `hcl:"n,optional"`
		U     uint8              `hcl:"u,optional"`
		F     float32            `hcl:"f,optional"`
		B     bool               `hcl:"b,optional"`
		D     time.Duration      `hcl:"d,optional"`
		List  [][]int            `hcl:"list,optional"`
		Map   map[string]float64 `hcl:"map,optional"`
		Hosts []header           `hcl:"host,block"`
		One   *header            `hcl:"one,block"`
	}
	tests := map[string]struct {
		doc  string
		want []string
	}{
		"text that is no JSON":          {`{`, []string{": the arguments are not valid JSON"}},
		"two documents":                 {`{}{}`, []string{": the arguments are not valid JSON"}},
		"a document that is a list":     {`[]`, []string{": must be an object, not a list"}},
		"a document that is null":       {`null`, []string{": must be an object, not null"}},
		"a name that is unknown":        {`{"nam": 1}`, []string{"nam: is not an argument here; there are: name, mode, n, u, f, b, d, list, map, host, one"}},
		"a name in another case":        {`{"Name": "x"}`, []string{"Name: is not an argument here; there are: name, mode, n, u, f, b, d, list, map, host, one"}},
		"a number for text":             {`{"name": 1}`, []string{"name: must be a string, not a number"}},
		"text for a number":             {`{"n": "1"}`, []string{"n: must be a number, not a string"}},
		"text for a bool":               {`{"b": "true"}`, []string{"b: must be a bool, not a string"}},
		"a value outside the enum":      {`{"mode": "x"}`, []string{"mode: must be one of fast, slow"}},
		"a fraction":                    {`{"n": 1.5}`, []string{"n: must be a whole number, written without a fraction or an exponent"}},
		"an endless exponent":           {`{"n": 1e999999999}`, []string{"n: must be a whole number, written without a fraction or an exponent"}},
		"a whole number too large":      {`{"n": 128}`, []string{"n: must be between -128 and 127"}},
		"a negative unsigned":           {`{"u": -1}`, []string{"u: must be between 0 and 255"}},
		"an unsigned too large":         {`{"u": 256}`, []string{"u: must be between 0 and 255"}},
		"an unsigned with a fraction":   {`{"u": 0.5}`, []string{"u: must be a whole number, written without a fraction or an exponent"}},
		"a float too large":             {`{"f": 1e40}`, []string{"f: is too large a number"}},
		"a duration without a unit":     {`{"d": "90"}`, []string{`d: must be a duration with a unit, such as "90s" or "1h30m"`}},
		"a duration that is a number":   {`{"d": 90}`, []string{`d: must be a duration with a unit, such as "90s" or "1h30m", not a number`}},
		"an element of a list":          {`{"list": [[1], [2, "x"]]}`, []string{"list[1][1]: must be a number, not a string"}},
		"null in a list":                {`{"list": [[null]]}`, []string{"list[0][0]: must be a number, not null"}},
		"a list that is an object":      {`{"list": {}}`, []string{"list: must be a list, not an object"}},
		"an entry of a map":             {`{"map": {"b": 1, "a": "x"}}`, []string{"map.a: must be a number, not a string"}},
		"a member missing in a block":   {`{"host": [{"key": "k"}, {}]}`, []string{"host[1].key: is required"}},
		"a name unknown in a block":     {`{"one": {"key": "k", "x": 1}}`, []string{"one.x: is not an argument here; there are: key, value"}},
		"a block that is a list":        {`{"one": []}`, []string{"one: must be an object, not a list"}},
		"several faults, each at once":  {`{"name": 1, "b": 2}`, []string{"name: must be a string, not a number", "b: must be a bool, not a number"}},
		"blocks nested far beyond this": {`{"one": {"key": ` + strings.Repeat("[", 5000) + strings.Repeat("]", 5000) + `}}`, []string{"one.key: must be a string, not a list"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, faults[small](t, tt.doc)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestDecodeAsksForWhatIsRequired(t *testing.T) {
	t.Parallel()
	want := []string{"name: is required", "tls: is required"}
	for _, doc := range []string{"", "  ", "{}", `{"name": null, "tls": null}`} {
		if diff := cmp.Diff(want, faults[everything](t, doc)); diff != "" {
			t.Errorf("%q: %s", doc, diff)
		}
	}
}

func TestDecodeSaysThatThereAreNoArguments(t *testing.T) {
	t.Parallel()
	want := []string{"a: is not an argument here; there are none"}
	if diff := cmp.Diff(want, faults[struct{}](t, `{"a": 1}`)); diff != "" {
		t.Error(diff)
	}
}

func TestDecodeNeverQuotesValues(t *testing.T) {
	t.Parallel()
	type secrets struct {
		A string         `hcl:"a,optional" enum:"x"`
		B int            `hcl:"b,optional"`
		C time.Duration  `hcl:"c,optional"`
		D []string       `hcl:"d,optional"`
		E map[string]int `hcl:"e,optional"`
	}
	doc := `{"a": "hunter2", "b": "hunter2", "c": "hunter2", "d": "hunter2", "e": {"k": "hunter2"}}`
	got := strings.Join(faults[secrets](t, doc), "\n")
	if strings.Count(got, "\n") != 4 || strings.Contains(got, "hunter2") {
		t.Errorf("got %s", got)
	}
}

func TestDecodeIsBounded(t *testing.T) {
	t.Parallel()
	type list struct {
		List []int `hcl:"list"`
	}
	t.Run("in the length of a document", func(t *testing.T) {
		t.Parallel()
		doc := `{"list": [` + strings.Repeat(" ", argument.MaxDocument) + `]}`
		if diff := cmp.Diff([]string{": the arguments are longer than 1048576 bytes"}, faults[list](t, doc)); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("in the number of faults", func(t *testing.T) {
		t.Parallel()
		doc := `{"list": ["x"` + strings.Repeat(`,"x"`, 10_000) + `]}`
		if n := len(faults[list](t, doc)); n != 50 {
			t.Errorf("%d faults", n)
		}
	})
}

func TestDecodeKnown(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		doc      string
		complete bool
		faults   int
	}{
		"takes an absent member for unknown":            {`{"ca": "x"}`, false, 0},
		"takes an absent required member for unknown":   {`{"skip": true}`, false, 0},
		"is complete with null for what is not set":     {`{"ca": "x", "skip": null}`, true, 0},
		"faults null for what is required":              {`{"ca": null, "skip": null}`, true, 1},
		"faults an unknown name in an incomplete one":   {`{"cb": 1}`, false, 1},
		"faults a wrong type beside an unknown member ": {`{"skip": "yes"}`, false, 1},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var into tls
			faults, complete := bound[tls](t).DecodeKnown([]byte(tt.doc), &into)
			if complete != tt.complete || len(faults) != tt.faults {
				t.Errorf("complete %t, faults %v", complete, faults)
			}
		})
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"name": "Ada", "tls": {"ca": "ca"}}`))
	f.Add([]byte(`{"name": 1, "count": 1e9, "labels": {"a": -0}, "header": [{"key": "k"}, null]}`))
	f.Add([]byte(`{"timeout": "1h", "waits": ["1s", "x"], "maybe": 12345678901234567890, "tls": []}`))
	f.Add([]byte("{\"name\": \"\xff\", \"\xff\": 1}"))
	s, err := argument.Of(reflect.TypeFor[everything]())
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		var got, again everything
		faults := s.Decode(doc, &got)
		for _, d := range faults {
			if d.Severity != schema.Error || d.Summary == "" {
				t.Errorf("an empty fault: %+v", d)
			}
		}
		if len(faults) > 0 {
			return
		}
		if got.Mode != "fast" && got.Mode != "slow" {
			t.Errorf("mode %q is outside its enum", got.Mode)
		}
		if more := s.Decode(doc, &again); len(more) > 0 || !reflect.DeepEqual(got, again) {
			t.Error("a second decoding differs")
		}
	})
}
