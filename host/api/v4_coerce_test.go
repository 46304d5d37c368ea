package api

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTextIsCoerced(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		value string
		want  string
		ok    bool
	}{
		"text as it is":               {`"åäö"`, "åäö", true},
		"an integer":                  {`123`, "123", true},
		"a whole number with a dot":   {`1.0`, "1", true},
		"a fraction":                  {`0.1`, "0.1", true},
		"a big number":                {`123456789012345678901`, "123456789012345680000", true},
		"a number with an exponent":   {`1e21`, "1e+21", true},
		"a small number":              {`1e-7`, "1e-7", true},
		"minus zero":                  {`-0`, "0", true},
		"true":                        {`true`, "true", true},
		"false":                       {`false`, "false", true},
		"null":                        {`null`, "", true},
		"a list of one text":          {`["one"]`, "one", true},
		"a list of one number":        {`[1]`, "1", true},
		"a list of null":              {`[null]`, "", true},
		"no empty list":               {`[]`, "", false},
		"no list of two":              {`["a","b"]`, "", false},
		"no list in a list":           {`[["a"]]`, "", false},
		"no object":                   {`{"a":1}`, "", false},
		"no number beyond all bounds": {`1e999`, "", false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := text(json.RawMessage(tt.value), "body/name")
			if got != tt.want || (err == nil) != tt.ok {
				t.Errorf("%q, %v", got, err)
			}
			if err != nil && err.Error() != "body/name must be string" {
				t.Errorf("refused with %v", err)
			}
		})
	}
}

func TestListsAreCoerced(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		value string
		want  []string
		err   string
	}{
		"a list as it is":        {`["a","b"]`, []string{"a", "b"}, ""},
		"an empty list":          {` [ ] `, []string{}, ""},
		"scalars in a list":      {`[1,true,null]`, []string{"1", "true", ""}, ""},
		"a text":                 {`"x"`, []string{"x"}, ""},
		"null":                   {`null`, []string{""}, ""},
		"a number":               {` 7`, []string{"7"}, ""},
		"no object":              {`{"a":1}`, nil, "body/tags must be array"},
		"no list with an object": {`["a",{}]`, nil, "body/tags/1 must be string"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := texts(json.RawMessage(tt.value), "body/tags", maxTags)
			if tt.err != "" {
				if err == nil || err.Error() != tt.err {
					t.Errorf("%v, not %s", err, tt.err)
				}
				return
			}
			if diff := cmp.Diff(tt.want, got); diff != "" || err != nil {
				t.Errorf("%v %s", err, diff)
			}
		})
	}
}
