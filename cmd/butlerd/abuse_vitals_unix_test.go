//go:build unix

package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"
)

// vitals are what a process holds.
type vitals struct {
	goroutines int
	memory     float64 // MB that the runtime holds of the system's, used or not
	files      int     // descriptors; 0 where the system does not tell
	resident   float64 // MB, likewise; with the race detector's, which never shrinks
}

func (s *site) vitals(t *testing.T) vitals {
	t.Helper()
	var v vitals
	v.goroutines = int(s.metric(t, "go_goroutines"))
	v.memory = (s.metric(t, "go_memstats_sys_bytes") - s.metric(t, "go_memstats_heap_released_bytes")) / (1 << 20)
	pid := s.cmd.Process.Pid
	if list, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid)); err == nil {
		v.files = len(list)
	}
	if data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid)); err == nil {
		_, rest, _ := strings.Cut(string(data), "VmRSS:")
		if _, err := fmt.Sscan(rest, &v.resident); err != nil {
			t.Fatal(err)
		}
		v.resident /= 1024
	}
	return v
}

// metric reads one without labels.
func (s *site) metric(t *testing.T, name string) float64 {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	q, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+"/metrics", nil)
	if err != nil {
		t.Fatal(err)
	}
	a, err := http.DefaultClient.Do(q)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	data, err := io.ReadAll(a.Body)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(data), "\n"+name+" ")
	var value float64
	if _, err := fmt.Sscan(rest, &value); err != nil {
		t.Fatalf("%s is not among the metrics: %v", name, err)
	}
	return value
}

// Bounds of what may be left of the abuse: connections that other tests' clients and
// the test's own keep open, and memory that the runtime has not given back yet.
const (
	spareGoroutines = 40
	spareFiles      = 20
	spareMemory     = 200 // MB
)

// recovers waits until the process holds no more than before, about.
func (s *site) recovers(t *testing.T, before vitals) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	now := s.vitals(t)
	t.Logf("before %+v, at the end %+v", before, now)
	for now.goroutines > before.goroutines+spareGoroutines || now.files > before.files+spareFiles || now.memory > before.memory+spareMemory {
		if pause(ctx, 200*time.Millisecond) != nil {
			t.Fatalf("it held %+v, and holds %+v", before, now)
		}
		now = s.vitals(t)
	}
	t.Logf("at rest %+v", now)
	s.healthy(t)
}
