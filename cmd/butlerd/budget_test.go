package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"butlerd/host"
	"butlerd/host/config"
	"butlerd/host/run"
	"butlerd/host/schedule"
	"butlerd/host/store"
	"butlerd/host/store/sqlite"
	"butlerd/sdk"
)

// BenchmarkBudgets measures the budgets of the design on one host, with a real
// plugin process and a real store on disk, and prints them as a table:
//
//	go test -run '^$' -bench Budgets -benchtime 1x ./cmd/butlerd
//
// It takes some minutes. The figures are of one run on one machine; compare
// medians, side by side.
func BenchmarkBudgets(b *testing.B) {
	var rows budgetTable
	b.Run("lag", func(b *testing.B) { benchLag(b, &rows) })
	b.Run("burst", func(b *testing.B) { benchBurst(b, &rows) })
	b.Run("idle", func(b *testing.B) { benchIdle(b, &rows) })
	b.Run("create", func(b *testing.B) { benchCreate(b, &rows) })
	b.Run("list", func(b *testing.B) { benchList(b, &rows) })
	b.Run("cluster", func(b *testing.B) { benchCluster(b, &rows) })
	b.Run("binary", func(b *testing.B) { benchBinary(b, &rows) })
	fmt.Print(rows.String())
}

// budgetTable collects what was measured beside what was budgeted.
type budgetTable []string

func (t *budgetTable) add(what string, measured, budget float64, unit string) {
	*t = append(*t, fmt.Sprintf("| %-58s | %10.2f %-4s | %8.0f %-4s | %5.2f |", what, measured, unit, budget, unit, measured/budget))
}

func (t budgetTable) String() string {
	head := fmt.Sprintf("\n| %-58s | %-15s | %-13s | %-5s |\n|---|---|---|---|\n", "what", "measured", "budget", "ratio")
	return head + strings.Join(t, "\n") + "\n\n"
}

// stopwatch is a plugin whose action does nothing but tell when it was called.
func stopwatch() sdk.Plugin {
	type arguments struct {
		TaskID string `hcl:"task_id,optional"`
	}
	type called struct {
		At int64 `json:"at"` // nanoseconds
	}
	return sdk.Plugin{
		Name:    "stopwatch",
		Version: "1.0.0",
		Actions: []sdk.Action{sdk.NewAction("qlik-sense-reload", func(context.Context, *sdk.Run, arguments) (called, error) {
			return called{At: time.Now().UnixNano()}, nil
		})},
	}
}

const stopwatchConfig = `
host {
  listen   = "127.0.0.1:0"
  data_dir = %q
}

plugin "stopwatch" {
  path           = %q
  args           = ["stopwatch"]
  max_concurrent = 1000
}
`

// writeStopwatch writes a configuration with the stopwatch as its plugin.
func writeStopwatch(b testing.TB, dir, more string) string {
	b.Helper()
	self, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	path := filepath.Join(dir, "config.hcl")
	text := fmt.Sprintf(stopwatchConfig, filepath.Join(dir, "data"), self) + more
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		b.Fatal(err)
	}
	return path
}

// hosted starts a host in this process, with its plugin in another.
func hosted(b *testing.B, path string) *host.Host {
	b.Helper()
	h, diags, err := host.New(host.Options{
		Config: config.Options{Paths: []string{path}}, Version: "bench", Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		b.Fatal(err, diags)
	}
	if diags, err := h.Start(b.Context()); err != nil {
		b.Fatal(err, diags)
	}
	b.Cleanup(h.Stop)
	return h
}

// seed puts schedules into the store of a directory, as if they had been made over
// the API.
func seed(b *testing.B, dir string, n int, cron string) {
	b.Helper()
	if err := os.MkdirAll(filepath.Join(dir, "data"), 0o700); err != nil {
		b.Fatal(err)
	}
	db, err := sqlite.Open(b.Context(), sqlite.Options{Path: filepath.Join(dir, "data", "butlerd.db"), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	seedInto(b, db, n, cron)
}

func seedInto(b *testing.B, st store.Store, n int, cron string) {
	b.Helper()
	changes := make([]store.Change, n)
	for i := range changes {
		id := uuid.NewString()
		changes[i] = store.Change{Kind: store.Create, At: time.Now(), By: "bench", Schedule: store.Schedule{
			Source: store.SourceAPI, Started: true,
			Definition: schedule.Definition{
				ID: id, Name: "schedule " + id, Cron: cron, Timezone: "Europe/Stockholm",
				Startup: schedule.StartupStarted, Overlap: schedule.OverlapAllow,
				Action: schedule.Action{Type: "qlik-sense-reload", Arguments: []byte(`{"task_id":"0fe447a9-ba1f-44a9-ac23-68c3a1d88d8b"}`)},
			},
		}}
	}
	for part := range slices.Chunk(changes, 5000) {
		if _, err := st.Change(b.Context(), part); err != nil {
			b.Fatal(err)
		}
	}
}

const eachSecond = `
schedule "each-second" {
  cron     = "* * * * * *"
  timezone = "UTC"

  action "qlik-sense-reload" {
  }
}
`

func benchLag(b *testing.B, rows *budgetTable) {
	dir := b.TempDir()
	h := hosted(b, writeStopwatch(b, dir, eachSecond))
	lags := lagsOf(b, h)
	rows.add("due time to handler, one firing, p50", lags[len(lags)/2], 3, "ms")
	rows.add("due time to handler, one firing, p99", lags[len(lags)*99/100], 20, "ms")
	b.ReportMetric(lags[len(lags)/2], "p50-ms")
}

// lagsOf measures a minute of firings, sorted, in milliseconds from the due time to
// the handler.
func lagsOf(b *testing.B, h *host.Host) []float64 {
	b.Helper()
	const samples = 60
	_ = pause(b.Context(), (samples+2)*time.Second)
	page, err := h.Ledger().Runs(b.Context(), store.RunQuery{States: []run.State{run.Succeeded}, Limit: samples})
	if err != nil {
		b.Fatal(err)
	}
	var lags []float64
	for _, r := range page.Runs {
		lags = append(lags, calledAt(b, h, r.ID).Sub(r.DueAt).Seconds()*1000)
	}
	slices.Sort(lags)
	return lags
}

func calledAt(b *testing.B, h *host.Host, id string) time.Time {
	b.Helper()
	_, attempts, err := h.Ledger().Run(b.Context(), id)
	if err != nil {
		b.Fatal(err)
	}
	var called struct{ At int64 }
	if err := json.Unmarshal(attempts[0].Result, &called); err != nil {
		b.Fatal(err)
	}
	return time.Unix(0, called.At)
}

func benchBurst(b *testing.B, rows *budgetTable) {
	const n = 10_000
	dir := b.TempDir()
	path := writeStopwatch(b, dir, "")
	due, cron := nextMinute(b)
	seed(b, dir, n, cron)
	h := hosted(b, path)
	_ = pause(b.Context(), time.Until(due))
	claimed := waitCount(b, h, due, func(c store.Counts) int64 { return c.Firings[run.Ran] }, n)
	done := waitCount(b, h, due, func(c store.Counts) int64 { return c.Runs[run.Succeeded] }, n)
	rows.add("10,000 firings at one instant, claimed", claimed.Seconds()*1000, 300, "ms")
	rows.add("10,000 firings at one instant, all results durable", done.Seconds()*1000, 3000, "ms")
	b.ReportMetric(claimed.Seconds()*1000, "claimed-ms")
	b.ReportMetric(done.Seconds()*1000, "durable-ms")
}

// nextMinute is an instant that leaves the time to prepare for it, and the
// expression that has no other this year.
func nextMinute(b *testing.B) (due time.Time, cron string) {
	b.Helper()
	due = time.Now().Add(20 * time.Second).Truncate(time.Minute).Add(time.Minute).In(mustLoad(b, "Europe/Stockholm"))
	return due, fmt.Sprintf("%d %d %d %d *", due.Minute(), due.Hour(), due.Day(), due.Month())
}

// waitCount waits until a count has come to n, and returns how long after due
// that was.
func waitCount(b *testing.B, h *host.Host, due time.Time, count func(store.Counts) int64, n int64) time.Duration {
	b.Helper()
	for {
		counts, err := h.Ledger().Counts(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		since := time.Since(due)
		if count(counts) >= n {
			return since
		}
		if since > time.Minute {
			b.Fatalf("a minute after they were due: %v", counts)
		}
		_ = pause(b.Context(), 2*time.Millisecond)
	}
}

func mustLoad(b *testing.B, zone string) *time.Location {
	b.Helper()
	l, err := time.LoadLocation(zone)
	if err != nil {
		b.Fatal(err)
	}
	return l
}

func benchIdle(b *testing.B, rows *budgetTable) {
	const n = 100_000
	dir := b.TempDir()
	path := writeStopwatch(b, dir, "")
	seed(b, dir, n, "30 4 1 1 *")
	begun := time.Now()
	s := serve(b, dir, "serve", "-config", path)
	rows.add("100,000 idle schedules, start to ready", time.Since(begun).Seconds(), 3, "s")
	pid := s.cmd.Process.Pid
	before := cpuTime(b, pid)
	const watched = 20 * time.Second
	_ = pause(b.Context(), watched)
	used := cpuTime(b, pid) - before
	rows.add("100,000 idle schedules, resident memory", residentMB(b, pid), 250, "MB")
	rows.add("100,000 idle schedules, share of a core", 100*used.Seconds()/watched.Seconds(), 1, "%")
}

// cpuTime is the processor time that a process has used, from /proc.
func cpuTime(b *testing.B, pid int) time.Duration {
	b.Helper()
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		b.Skip("no /proc: ", err)
	}
	_, rest, _ := strings.Cut(string(data), ") ")
	var user, system int64
	if _, err := fmt.Sscan(strings.Join(strings.Fields(rest)[11:13], " "), &user, &system); err != nil {
		b.Fatal(err)
	}
	const tick = 10 * time.Millisecond // USER_HZ is 100 on every Linux that matters
	return time.Duration(user+system) * tick
}

func residentMB(b *testing.B, pid int) float64 {
	b.Helper()
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		b.Skip("no /proc: ", err)
	}
	_, rest, _ := bytes.Cut(data, []byte("VmRSS:"))
	var kb float64
	if _, err := fmt.Sscan(string(rest), &kb); err != nil {
		b.Fatal(err)
	}
	return kb / 1024
}

// benchCreate makes schedules in turns on a host that has few and on one that has
// many, and compares the medians.
func benchCreate(b *testing.B, rows *budgetTable) {
	hosts := map[int]*host.Host{}
	for _, present := range []int{100, 10_000} {
		dir := b.TempDir()
		path := writeStopwatch(b, dir, "")
		seed(b, dir, present, "30 4 1 1 *")
		hosts[present] = hosted(b, path)
	}
	body := strings.Replace(newSchedule, "* * * * * *", "30 4 1 1 *", 1)
	times := map[int][]time.Duration{}
	for range 500 {
		for present, h := range hosts {
			begun := time.Now()
			status, err := request(b.Context(), http.MethodPost, "http://"+h.Addr().String()+"/v4/schedules", body, nil)
			if err != nil || status != http.StatusCreated {
				b.Fatal(status, err)
			}
			times[present] = append(times[present], time.Since(begun))
		}
	}
	few, many := median(times[100]), median(times[10_000])
	rows.add("POST /v4/schedules, time at 10,000 present to time at 100", many.Seconds()/few.Seconds(), 1, "x")
	b.ReportMetric(1/many.Seconds(), "posts/s")
}

func median(times []time.Duration) time.Duration {
	slices.Sort(times)
	return times[len(times)/2]
}

func benchBinary(b *testing.B, rows *budgetTable) {
	out := filepath.Join(b.TempDir(), "butlerd")
	build := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", out, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if text, err := build.CombinedOutput(); err != nil {
		b.Fatalf("%v: %s", err, text)
	}
	info, err := os.Stat(out)
	if err != nil {
		b.Fatal(err)
	}
	rows.add("stripped binary", float64(info.Size())/1e6, 45, "MB")
}
