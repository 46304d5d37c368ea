package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// BenchmarkListSchedules measures GET /v4/schedules with 100 and 1,000 schedules
// over ten connections, beside the 3,237 a second that Butler answers with 100:
//
//	go test -run '^$' -bench ListSchedules -benchtime 5s ./cmd/butlerd
//
// The host is in this process, so that what it allocates is counted; what the
// clients allocate is in it too.
func BenchmarkListSchedules(b *testing.B) {
	for _, present := range []int{100, 1000} {
		b.Run(fmt.Sprint(present), func(b *testing.B) { benchListSchedules(b, present) })
	}
}

func benchListSchedules(b *testing.B, present int) {
	url := withSchedules(b, present) + "/v4/schedules"
	client := &http.Client{Transport: &http.Transport{MaxConnsPerHost: 10, MaxIdleConnsPerHost: 10}}
	defer client.CloseIdleConnections()
	var left atomic.Int64
	left.Store(int64(b.N))
	var all sync.WaitGroup
	b.ReportAllocs()
	b.ResetTimer()
	for range 10 {
		all.Go(func() {
			for left.Add(-1) >= 0 {
				if err := download(b.Context(), client, url); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "gets/s")
}

// withSchedules starts a host that has schedules, and returns its address.
func withSchedules(b *testing.B, present int) string {
	b.Helper()
	dir := b.TempDir()
	path := writeStopwatch(b, dir, "")
	seed(b, dir, present, "30 4 1 1 *")
	return "http://" + hosted(b, path).Addr().String()
}

func download(ctx context.Context, client *http.Client, url string) error {
	q, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	a, err := client.Do(q)
	if err != nil {
		return err
	}
	defer a.Body.Close()
	if _, err := io.Copy(io.Discard, a.Body); err != nil || a.StatusCode != http.StatusOK {
		return fmt.Errorf("status %d, %w", a.StatusCode, err)
	}
	return nil
}

// BenchmarkCreateSchedule makes schedules in turns on hosts that have 100, 1,000
// and 10,000 already, and compares the medians. Butler makes 207 to 401 a second
// with 100, 56 to 69 with 1,000 and 14 to 18 with 3,000.
//
//	go test -run '^$' -bench CreateSchedule -benchtime 1x ./cmd/butlerd
func BenchmarkCreateSchedule(b *testing.B) {
	urls := map[int]string{}
	for _, present := range []int{100, 1000, 10_000} {
		urls[present] = withSchedules(b, present)
	}
	body := strings.Replace(newSchedule, "* * * * * *", "30 4 1 1 *", 1)
	times := map[int][]time.Duration{}
	for b.Loop() {
		for range 500 {
			for present, url := range urls {
				begun := time.Now()
				if status, err := request(b.Context(), http.MethodPost, url+"/v4/schedules", body, nil); err != nil || status != http.StatusCreated {
					b.Fatal(status, err)
				}
				times[present] = append(times[present], time.Since(begun))
			}
		}
	}
	var rows budgetTable
	few := median(times[100])
	for _, present := range slices.Sorted(maps.Keys(times)) {
		at := median(times[present])
		b.ReportMetric(1/at.Seconds(), fmt.Sprintf("posts/s-at-%d", present))
		rows.add(fmt.Sprintf("POST /v4/schedules, time at %d present to time at 100", present), at.Seconds()/few.Seconds(), 1, "x")
	}
	fmt.Print(rows.String())
}
