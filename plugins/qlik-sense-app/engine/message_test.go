package engine

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestDecode(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		text string
		want string // empty: it is taken
	}{
		"an answer":                  {`{"jsonrpc":"2.0","id":1,"result":{"qReturn":true},"change":[1]}`, ""},
		"an error":                   {`{"id":1,"error":{"code":5,"parameter":"","message":"x"}}`, ""},
		"a notification":             {`{"method":"OnConnected","params":{}}`, ""},
		"an answer with null":        {`{"id":1,"result":null}`, ""},
		"an answer with both":        {`{"id":1,"result":{},"error":{"code":1}}`, "not one of result and error"},
		"an answer with neither":     {`{"id":1}`, "not one of result and error"},
		"an answer to nothing":       {`{"result":{}}`, "neither id nor method"},
		"an id of text":              {`{"id":"1","result":{}}`, "not understood"},
		"an id with a fraction":      {`{"id":1.5,"result":{}}`, "not understood"},
		"an error of text":           {`{"id":1,"error":"no"}`, "not understood"},
		"a code beyond all bounds":   {`{"id":1,"error":{"code":1e99}}`, "not understood"},
		"a list, as a batch has":     {`[{"id":1,"result":{}}]`, "not understood"},
		"nothing":                    {``, "not understood"},
		"null":                       {`null`, "neither id nor method"},
		"half a message":             {`{"id":1,"result":{`, "not understood"},
		"two messages":               {`{"id":1,"result":{}}{"id":2,"result":{}}`, "not understood"},
		"brackets, very many":        {`{"id":1,"result":` + strings.Repeat("[", 20_000), "not understood"},
		"a page in place of message": {"<html>", "not understood"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := decode([]byte(tt.text))
			switch {
			case tt.want == "" && err != nil:
				t.Error(err)
			case tt.want != "" && (!errors.Is(err, errMalformed) || !strings.Contains(err.Error(), tt.want)):
				t.Errorf("got %v", err)
			}
		})
	}
}

func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		`{"jsonrpc":"2.0","id":1,"result":{"qReturn":{"qHandle":1}}}`,
		`{"id":2,"error":{"code":1003,"parameter":"p","message":"App not found"}}`,
		`{"method":"OnConnected","params":{"qSessionState":"SESSION_ERROR_NO_LICENSE"}}`,
		`{"method":"OnAuthenticationInformation","params":{"mustAuthenticate":true}}`,
		`{"method":"OnX","params":[1]}`, `{"ID":3,"Result":null}`, `null`, `[]`, ``, "\xff",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := decode(data)
		if err != nil {
			if !errors.Is(err, errMalformed) || len(err.Error()) > 4*maxExcerpt+200 {
				t.Errorf("an error that says too little or too much: %v", err)
			}
			return
		}
		if !json.Valid(data) {
			t.Error("took what is no JSON")
		}
		switch {
		case m.Method != "":
			err = notified(m)
		case m.Error != nil:
			err = m.Error.asError()
		case m.ID == nil || m.Result == nil:
			t.Fatalf("neither notification nor answer: %q", data)
		}
		if err != nil && (!utf8.ValidString(err.Error()) || strings.ContainsAny(err.Error(), "\n\r\x00")) {
			t.Errorf("an error that is no line: %q", err)
		}
	})
}
