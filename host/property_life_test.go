package host_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"encoding/json"

	"github.com/valyala/fasthttp/fasthttputil"

	"butlerd/host"
	"butlerd/host/config"
	"butlerd/host/store"
	"butlerd/host/store/sqlite"
	"butlerd/sdk"
)

// span is a time in which no host was there, its store was away, or its clock was set
// forward over it.
type span struct{ from, to time.Time }

// life is a world that is lived through, in the bubble of the caller.
type life struct {
	world   world
	ledger  store.Store
	actor   *actor
	dir     string
	log     *slog.Logger
	set     atomic.Int64 // by how much the clock was set forward
	plans   []plan       // what is declared now
	removed []bool
	made    []string // ids of schedules made over the API
	edited  map[string]bool
	held    []string // ids of those that were not released
	hosts   []string // ids, in the order in which they joined
	outages []span
	aways   []span // those of the outages in which the store was away

	host   *host.Host
	lent   *lent
	client *http.Client
}

func newLife(t *testing.T, w world) (*life, error) {
	ledger, err := sqlite.Open(context.Background(), sqlite.Options{Path: ":memory:", Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "butlerd-property-")
	if err != nil {
		return nil, err
	}
	l := &life{world: w, ledger: ledger, dir: dir, edited: map[string]bool{}, log: slog.New(slog.DiscardHandler)}
	if os.Getenv("BUTLERD_PROPERTY_LOG") != "" {
		l.log = slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	l.plans, l.removed = slices.Clone(w.Schedules), make([]bool, len(w.Schedules))
	l.actor = &actor{seed: w.Seed, now: l.now}
	return l, nil
}

// now is the clock of the machine.
func (l *life) now() time.Time { return time.Now().Add(time.Duration(l.set.Load())) }

func (l *life) path() string { return filepath.Join(l.dir, "config.hcl") }

func (l *life) write() error {
	var declared []plan
	for i, p := range l.plans {
		if l.removed[i] {
			continue
		}
		if at := slices.IndexFunc(l.plans, func(o plan) bool { return o.ID == p.Starts }); at >= 0 && l.removed[at] {
			p.Starts = "" // or the file would name what is not there
		}
		declared = append(declared, p)
	}
	return os.WriteFile(l.path(), []byte(l.world.config(declared)), 0o600)
}

// rise starts a host.
func (l *life) rise() error {
	if err := l.write(); err != nil {
		return err
	}
	listener := fasthttputil.NewInmemoryListener()
	l.actor.live()
	l.host = nil
	l.lent = &lent{Store: l.ledger, joined: func(id string) { l.hosts = append(l.hosts, id) }}
	h, diags, err := host.New(host.Options{
		Config: config.Options{Paths: []string{l.path()}}, Version: "test", Listener: listener, InMemory: true,
		Bundled: []host.Bundled{{Name: "actor", Make: func() sdk.Plugin { return l.actor.plugin() }}},
		Store:   l.lent, Now: l.now, Log: l.log,
	})
	if err != nil {
		return fmt.Errorf("making the host: %w: %v", err, diags)
	}
	if diags, err := h.Start(context.Background()); err != nil {
		return fmt.Errorf("starting the host: %w: %v", err, diags)
	}
	l.host = h
	l.client = &http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext:       func(context.Context, string, string) (net.Conn, error) { return listener.Dial() },
	}}
	return nil
}

// fall stops the host in order, or ends it at once.
func (l *life) fall(killed bool) {
	if killed {
		l.lent.gone.Store(true)
		l.actor.die()
		l.host.Hurry()
	}
	l.host.Stop()
	if !killed {
		l.actor.die()
	}
	l.client.CloseIdleConnections()
}

// do sends a request, and expects one of some answers.
func (l *life) do(method, path, body string, into any, expected ...int) error {
	q, err := http.NewRequest(method, "http://butlerd"+path, strings.NewReader(body))
	if err != nil {
		return err
	}
	if body != "" {
		q.Header.Set("Content-Type", "application/json")
	}
	answer, err := l.client.Do(q)
	if err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	defer answer.Body.Close()
	data, err := io.ReadAll(answer.Body)
	if err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	if !slices.Contains(expected, answer.StatusCode) {
		return fmt.Errorf("%s %s %s: %d %s", method, path, body, answer.StatusCode, data)
	}
	if into == nil || answer.StatusCode >= 300 {
		return nil
	}
	return json.Unmarshal(data, into)
}

// live lives through the script, and then until all that was begun has ended.
func (l *life) live() error {
	time.Sleep(time.Until(l.world.Begin.Add(370 * time.Millisecond)))
	if err := l.rise(); err != nil {
		return err
	}
	for i, s := range l.world.Script {
		// Nothing that the script does coincides with anything that is due.
		time.Sleep(time.Duration(1+i) * time.Millisecond)
		if err := l.step(s); err != nil {
			return fmt.Errorf("step %d, %s: %w", i, s.Do, err)
		}
	}
	return l.windUp()
}

// windUp lets all that is delayed be settled, stops everything and waits for all runs
// to end.
func (l *life) windUp() error {
	time.Sleep(15 * time.Minute)
	for _, id := range l.held {
		if err := l.do(http.MethodDelete, "/api/v1/holds/"+id, "", nil, http.StatusOK); err != nil {
			return err
		}
	}
	if err := l.do(http.MethodPut, "/v4/schedules/stopall", "", nil, http.StatusOK); err != nil {
		return err
	}
	for range 40 {
		time.Sleep(time.Hour)
		open, err := l.open()
		if err != nil {
			return err
		}
		if len(open) == 0 {
			l.fall(false)
			time.Sleep(time.Minute) // fasthttp
			return nil
		}
		for _, r := range open {
			if r.State == "running" {
				if err := l.do(http.MethodPost, "/api/v1/runs/"+r.ID+"/cancel", "", nil, 200, 202, 204, 409); err != nil {
					return err
				}
			}
		}
	}
	open, _ := l.open()
	l.fall(false)
	time.Sleep(time.Minute)
	return fmt.Errorf("runs that do not end: %+v", open)
}

// seen is a run as the API lists it.
type seen struct {
	ID         string  `json:"id"`
	ScheduleID string  `json:"schedule_id"`
	State      string  `json:"state"`
	DueAt      string  `json:"due_at"`
	Pool       *string `json:"pool"`
	ReadyAt    *string `json:"ready_at"`
}

func (l *life) open() ([]seen, error) {
	var page struct {
		Runs []seen `json:"runs"`
	}
	err := l.do(http.MethodGet, "/api/v1/runs?state=waiting&state=running&limit=200", "", &page, http.StatusOK)
	return page.Runs, err
}

func (l *life) step(s step) error {
	switch s.Do {
	case doSleep:
		time.Sleep(s.For)
	case doRestart, doKill:
		return l.restart(s)
	case doStop, doStart:
		return l.do(http.MethodPut, "/v4/schedules/"+l.target(s)+"/"+string(s.Do), "", nil, 200, 400, 404)
	case doEdit:
		l.plans[s.Of], l.removed[s.Of] = *s.Plan, false
		return l.reload(s)
	case doRemove:
		l.removed[s.Of] = !l.removed[s.Of]
		return l.reload(s)
	case doCreate:
		return l.create()
	case doDelete:
		return l.delete()
	case doHold:
		return l.hold(s)
	case doRelease:
		return l.release()
	case doRun:
		return l.do(http.MethodPost, "/api/v1/schedules/"+l.target(s)+"/run", "", nil, 200, 201, 202, 404)
	case doCancel:
		return l.cancel(s)
	case doJump:
		from := l.now()
		l.set.Add(int64(s.For))
		time.Sleep(45*time.Second + 3*time.Millisecond)
		l.outages = append(l.outages, span{from, l.now()})
	case doAway:
		from := l.now()
		l.lent.away.Store(true)
		time.Sleep(s.For)
		l.lent.away.Store(false)
		time.Sleep(20 * time.Second) // it is tried again every 5 seconds
		l.outages = append(l.outages, span{from, l.now()})
		l.aways = append(l.aways, span{from, l.now()})
	}
	return nil
}

// target is a schedule, be it of a file or made over the API.
func (l *life) target(s step) string {
	if n := len(l.made); n > 0 && s.For%(2*time.Second) == 0 {
		return l.made[n-1]
	}
	return l.plans[s.Of].ID
}

func (l *life) restart(s step) error {
	from := l.now()
	l.fall(s.Do == doKill)
	time.Sleep(s.For)
	err := l.rise()
	l.outages = append(l.outages, span{from, l.now()})
	return err
}

func (l *life) reload(s step) error {
	for _, p := range l.plans {
		if p.ID == l.plans[s.Of].ID || p.Starts == l.plans[s.Of].ID {
			l.edited[p.ID] = true
		}
	}
	if err := l.write(); err != nil {
		return err
	}
	return l.do(http.MethodPost, "/api/v1/reload", "", nil, http.StatusOK)
}

func (l *life) create() error {
	n := len(l.hosts) + len(l.made)
	body := fmt.Sprintf(`{"name":"made %d","cronSchedule":"%d * * * *","timezone":"Europe/London","qlikSenseTaskId":"0fe447a9-ba1f-44a9-ac23-68c3a1d88d8b","startupState":"started","tags":["red"]}`,
		n, n*7%60)
	var made struct {
		ID string `json:"id"`
	}
	err := l.do(http.MethodPost, "/v4/schedules", body, &made, http.StatusCreated)
	l.made = append(l.made, made.ID)
	return err
}

func (l *life) delete() error {
	if len(l.made) == 0 {
		return nil
	}
	id := l.made[0]
	l.made = l.made[1:]
	l.edited[id] = true
	return l.do(http.MethodDelete, "/v4/schedules/"+id, "", nil, 200, 204)
}

func (l *life) hold(s step) error {
	q := map[string]any{"reason": "tested", "running": "continue"}
	switch s.Hold.Scope {
	case "all":
		q["all"] = true
	case "tag":
		q["tag"] = l.plans[s.Of].Tag
	default:
		q["schedule_id"] = l.target(s)
	}
	if s.Hold.Drain {
		q["running"] = "drain"
	}
	if s.Hold.Until {
		q["until"] = l.now().Add(s.For).Format(time.RFC3339Nano)
	}
	body, err := json.Marshal(q)
	if err != nil {
		return err
	}
	var made struct {
		ID string `json:"id"`
	}
	err = l.do(http.MethodPost, "/api/v1/holds", string(body), &made, http.StatusCreated, http.StatusNotFound)
	if made.ID != "" {
		l.held = append(l.held, made.ID)
	}
	return err
}

func (l *life) release() error {
	if len(l.held) == 0 {
		return nil
	}
	id := l.held[0]
	l.held = l.held[1:]
	return l.do(http.MethodDelete, "/api/v1/holds/"+id, "", nil, http.StatusOK)
}

func (l *life) cancel(s step) error {
	open, err := l.open()
	if err != nil || len(open) == 0 {
		return err
	}
	slices.SortFunc(open, func(a, b seen) int { return strings.Compare(a.DueAt+a.ScheduleID, b.DueAt+b.ScheduleID) })
	r := open[s.Of%len(open)]
	return l.do(http.MethodPost, "/api/v1/runs/"+r.ID+"/cancel", "", nil, 200, 202, 204, 409)
}
