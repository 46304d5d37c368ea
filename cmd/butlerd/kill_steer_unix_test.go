//go:build unix

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"butlerd/host/run"
)

// steered is what the API has acknowledged of holds, and of runs that were asked for
// with a key.
type steered struct {
	mu       sync.Mutex
	holds    map[string]bool   // id -> whether it is in force
	unsure   map[string]bool   // holds whose release got no answer, and may still come to pass
	keys     map[string]string // idempotency key -> schedule/run; the run is empty while there is no answer
	repeated int               // answers to a key that was answered before
	wrong    []string
}

func newSteered() *steered {
	return &steered{holds: map[string]bool{}, unsure: map[string]bool{}, keys: map[string]string{}}
}

// load makes and releases holds, and asks for runs with keys, until ctx is done.
func (s *steered) load(ctx context.Context, url string) {
	// What is asked for has no limit in a queue, and each of these runs takes a second:
	// with more of them than are executed the test would not come to its end.
	schedules := []string{"each-second.1", "found.replace", "pooled.high", "first"}
	if rand.IntN(4) == 0 {
		s.run(ctx, url, newKey(), "alone.queue")
	}
	for round := 0; pause(ctx, time.Duration(rand.N(30))*time.Millisecond) == nil; round++ {
		s.runs(ctx, url, schedules[rand.N(len(schedules))])
		if round%8 == 0 {
			s.hold(ctx, url)
		}
	}
}

// hold makes a hold of a schedule, and releases one when there are several.
func (s *steered) hold(ctx context.Context, url string) {
	held := []string{"each-second.3", "alone.queue", "pooled.low", "caught.all", "second"}
	body := fmt.Sprintf(`{"schedule_id":%q,"reason":"a test"}`, held[rand.N(len(held))])
	var made struct {
		ID string `json:"id"`
	}
	if status, err := ask(ctx, http.MethodPost, url+"/api/v1/holds", body, &made); err == nil && status == http.StatusCreated {
		s.mu.Lock()
		s.holds[made.ID] = true
		s.mu.Unlock()
	}
	if id := s.surplus(); id != "" {
		if status, err := ask(ctx, http.MethodDelete, url+"/api/v1/holds/"+id, "", nil); err == nil && status == http.StatusOK {
			s.mu.Lock()
			s.holds[id] = false
			delete(s.unsure, id)
			s.mu.Unlock()
		}
	}
}

// surplus is a hold to be released: there is one at a time, or little would fire.
func (s *steered) surplus() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, inForce := range s.holds {
		if inForce {
			s.unsure[id] = true
			return id
		}
	}
	return ""
}

// newKey is an idempotency key.
func newKey() string { return fmt.Sprint("key-", rand.Int64()) }

// runs asks for a run of a schedule with a new key, and once more for what was not
// answered, or was: the answer has to be the same.
func (s *steered) runs(ctx context.Context, url, schedule string) {
	s.run(ctx, url, newKey(), schedule)
	s.mu.Lock()
	var again string
	for key, answer := range s.keys { // in no order
		schedule, _, _ = strings.Cut(answer, "/")
		again = key
		break
	}
	s.mu.Unlock()
	if again != "" {
		s.run(ctx, url, again, schedule)
	}
}

func (s *steered) run(ctx context.Context, url, key, schedule string) {
	s.mu.Lock()
	if _, found := s.keys[key]; !found {
		s.keys[key] = schedule + "/"
	}
	s.mu.Unlock()
	id := askWithKey(ctx, url+"/api/v1/schedules/"+schedule+"/run", key)
	if id == "" {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	_, before, _ := strings.Cut(s.keys[key], "/")
	if before != "" {
		s.repeated++
	}
	if before != "" && before != id {
		s.wrong = append(s.wrong, fmt.Sprintf("key %s got run %s, and before it got %s", key, id, before))
	}
	s.keys[key] = schedule + "/" + id
}

// askWithKey asks for a run; it is empty when none is acknowledged.
func askWithKey(ctx context.Context, url, key string) string {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	q, err := http.NewRequestWithContext(ctx, http.MethodPost, url, http.NoBody)
	if err != nil {
		return ""
	}
	q.Header.Set("Idempotency-Key", key)
	answer, err := http.DefaultClient.Do(q)
	if err != nil {
		return ""
	}
	defer answer.Body.Close()
	data, err := io.ReadAll(answer.Body)
	var made struct {
		ID string `json:"id"`
	}
	if err != nil || answer.StatusCode >= 300 || json.Unmarshal(data, &made) != nil {
		return ""
	}
	return made.ID
}

// check compares the holds with what a host says after a strike. Of a host that was
// started anew no request is under way any more. One that went on may still carry out
// what a caller asked for who has gone meanwhile: what it says of such a hold is no
// answer, unless it has ended, for then it has for good.
func (s *steered) check(t *testing.T, url string, anew bool) {
	t.Helper()
	var list struct {
		Holds []struct {
			ID string `json:"id"`
		} `json:"holds"`
	}
	if status, err := request(t.Context(), http.MethodGet, url+"/api/v1/holds", "", &list); err != nil || status != http.StatusOK {
		t.Fatalf("listing the holds: %d, %v", status, err)
	}
	there := map[string]bool{}
	for _, h := range list.Holds {
		there[h.ID] = true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, inForce := range s.holds {
		if there[id] != inForce && !s.unsure[id] {
			t.Errorf("hold %s: in force %t, and was acknowledged as %t", id, there[id], inForce)
		}
		if !there[id] {
			s.holds[id] = false // what nobody knew is known now
		}
		if anew || !there[id] {
			delete(s.unsure, id)
		}
	}
	for id := range there {
		s.holds[id] = true // one whose making got no answer: it is released like the others
	}
	for _, wrong := range s.wrong {
		t.Error(wrong)
	}
}

// checkRuns sees that each key has its one run.
func (s *steered) checkRuns(t *testing.T, runs map[string]run.Run) {
	t.Helper()
	byKey := map[string]string{}
	for id, r := range runs {
		if !strings.HasPrefix(r.IdempotencyKey, "key-") {
			continue
		}
		if other := byKey[r.IdempotencyKey]; other != "" {
			t.Errorf("key %s has runs %s and %s", r.IdempotencyKey, id, other)
		}
		byKey[r.IdempotencyKey] = id
	}
	acknowledged := 0
	for key, answer := range maps.All(s.keys) {
		schedule, id, _ := strings.Cut(answer, "/")
		if id == "" {
			continue
		}
		acknowledged++
		if byKey[key] != id || runs[id].ScheduleID != schedule {
			t.Errorf("key %s was acknowledged with run %s of %s, and has %q of %q", key, id, schedule, byKey[key], runs[id].ScheduleID)
		}
	}
	if !testing.Short() && (acknowledged == 0 || s.repeated == 0 || len(s.holds) == 0) {
		t.Errorf("%d runs with a key, %d answers again, %d holds: it tested nothing", acknowledged, s.repeated, len(s.holds))
	}
	t.Logf("acknowledged: %d runs with a key, %d of them again; %d holds", acknowledged, s.repeated, len(s.holds))
}
