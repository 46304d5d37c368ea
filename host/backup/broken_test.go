package backup

import (
	"bytes"
	"compress/gzip"
	"errors"
	"strings"
	"testing"
)

// zipped is a file with a header and what follows.
func zipped(t *testing.T, text string) *bytes.Buffer {
	t.Helper()
	b := &bytes.Buffer{}
	w := gzip.NewWriter(b)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b
}

func TestBrokenBackupsSayWhatIsWrong(t *testing.T) {
	t.Parallel()
	header := `{"format":"` + format + `","version":1}` + "\n"
	for name, tt := range map[string]struct{ text, want string }{
		"a line that is too long": {header + strings.Repeat("x", maxLine+1), "line 2 is longer than"},
		"no further line":         {header, "it breaks off"},
		"a version that is none":  {`{"format":"` + format + `","version":0}` + "\n", "format 0, which there is not"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := Check(zipped(t, tt.text))
			if !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want %q", err, tt.want)
			}
		})
	}
}
