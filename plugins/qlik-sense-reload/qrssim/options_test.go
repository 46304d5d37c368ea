package qrssim

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
)

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	key := newKey(t)
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		options Options
		want    string
	}{
		"a negative capacity":        {Options{Capacity: -1}, "capacity"},
		"a negative reload time":     {Options{ReloadTime: -1}, "time"},
		"a negative history":         {Options{History: -1}, "history"},
		"a seed that is wrong":       {Options{Seed: &Seed{Tasks: []SeedTask{{Name: "T", App: "A"}}}}, `no app "A"`},
		"a proxy without users":      {Options{Proxy: &ProxyOptions{}}, "header or a key"},
		"a proxy with both":          {Options{Proxy: &ProxyOptions{Header: "h", JWTKey: &key.PublicKey}}, "header or a key"},
		"a prefix with a slash":      {Options{Proxy: &ProxyOptions{Header: "h", Prefix: "a/b"}}, "prefix"},
		"a directory it cannot make": {Options{Dir: filepath.Join(file, "x")}, "certificates"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := New(tt.options)
			if err == nil || !strings.Contains(err.Error(), tt.want) || s != nil {
				t.Errorf("New() = %p, %v, want an error with %q", s, err, tt.want)
			}
		})
	}
}

func TestOneSeedServesSeveralSimulators(t *testing.T) {
	t.Parallel()
	seed := &Seed{Tasks: []SeedTask{{Name: "T", Type: "user_sync"}}, Nodes: []SeedNode{{Name: "n"}}}
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			b := newBench(t, Options{Seed: seed, ReloadTime: time.Hour})
			if b.start(nameID("task", "T").String()) == uuid.Nil.String() {
				t.Error("one simulator's executions are another's")
			}
		})
	}
	all.Wait()
	if seed.Tasks[0].ID != uuid.Nil {
		t.Error("the caller's seed was changed")
	}
}

func TestNodesTakeTurns(t *testing.T) {
	t.Parallel()
	seed, ids := manyTasks(t, 3)
	seed.Nodes = []SeedNode{{Name: "a.example.com"}, {Name: "b.example.com"}}
	b := newBench(t, Options{Seed: seed, TriggerTime: -1})
	got := ""
	for _, id := range ids {
		got += b.results(b.start(id))[0].ExecutingNodeName[:1]
	}
	if got != "aba" {
		t.Errorf("nodes %s, want aba", got)
	}
}

func TestClientTLSNeedsADirectory(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	if _, err := b.ClientTLS(); err == nil {
		t.Error("no error without certificates")
	}
	if b.ProxyHandler() != nil || b.ProxyURL() != "" {
		t.Error("there is a proxy that nobody asked for")
	}
}
