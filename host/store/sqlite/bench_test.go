package sqlite_test

import (
	"os"
	"strconv"
	"testing"

	"butlerd/host/store/storetest"
)

// BenchmarkStore lists a history of 20,000 runs, or of as many as
// BUTLERD_BENCH_RUNS says.
func BenchmarkStore(b *testing.B) {
	history := 20_000
	if text := os.Getenv("BUTLERD_BENCH_RUNS"); text != "" {
		var err error
		if history, err = strconv.Atoi(text); err != nil {
			b.Fatal(err)
		}
	}
	storetest.Bench(b, inFile, history)
}
