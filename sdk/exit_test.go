package sdk

import (
	"bytes"
	"io"
	"testing"
	"testing/synctest"
	"time"
)

func TestLastWordsDoNotWaitForAHostThatIsPaused(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r, w := io.Pipe() // nobody reads
		began := time.Now()
		sayLast(w, "goodbye")
		if took := time.Since(began); took != lastWordsLimit {
			t.Errorf("took %s", took)
		}
		r.Close()

		var heard bytes.Buffer
		sayLast(&heard, "goodbye")
		if heard.String() != "goodbye" {
			t.Errorf("heard %q", &heard)
		}
	})
}
