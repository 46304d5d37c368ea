package files

import (
	"errors"
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestOnlyWhatWasCopiedIsRemoved(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		since map[string]string // files that are written after the copy
		left  map[string]string // of from/sub
		says  string
	}{
		"all of it":             {nil, nil, ""},
		"but what has changed":  {map[string]string{"from/sub/b.txt": "LONGER"}, map[string]string{"from/sub/b.txt": "LONGER"}, `see "sub/b.txt"`},
		"but what is new":       {map[string]string{"from/sub/deep/new": "N"}, map[string]string{"from/sub/deep/new": "N"}, `see "sub/deep"`},
		"but what was replaced": {map[string]string{"from/sub/deep/c.txt": ""}, map[string]string{"from/sub/deep/c.txt": ""}, "copied to its new place"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := setup(t)
			transfer := Transfer{From: x.at("from/sub"), To: x.at("to/sub")}
			from, to, err := places(x.Move, transfer)
			if err != nil {
				t.Fatal(err)
			}
			defer from.close()
			defer to.close()
			want := x.files()
			c := &copier{ctx: t.Context(), from: from.root, to: to.root}
			if err := c.all(from, to, transfer); err != nil {
				t.Fatal(err)
			}
			for path, text := range tt.since {
				x.write(path, text)
			}
			maps.DeleteFunc(want, func(path, _ string) bool { return strings.HasPrefix(path, "from/sub/") })
			maps.Copy(want, tt.left)
			maps.Copy(want, map[string]string{"to/sub/b.txt": "B", "to/sub/deep/c.txt": "C"})
			var m *MistakeError
			if err := c.removeCopied(); tt.says == "" && err != nil || tt.says != "" && (!errors.As(err, &m) || !strings.Contains(m.Text, tt.says)) {
				t.Errorf("%v", err)
			}
			if diff := cmp.Diff(want, x.files()); diff != "" {
				t.Errorf("files (-want +got):\n%s", diff)
			}
		})
	}
}
