package dispatch

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"butlerd/host/run"
)

// TestQueueAgreesWithAList drives a queue beside a plain list.
func TestQueueAgreesWithAList(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var q queue
		var model []string
		pushed := 0
		for range rapid.IntRange(0, 600).Draw(t, "steps") {
			switch rapid.IntRange(0, 4).Draw(t, "step") {
			case 0, 1:
				id := fmt.Sprint(pushed)
				pushed++
				q.push(pending{run: run.Run{ID: id}})
				model = append(model, id)
			case 2, 3:
				p, ok := q.pop()
				if ok != (len(model) > 0) || ok && p.run.ID != model[0] {
					t.Fatalf("pop() = %q, %v; the list has %v", p.run.ID, ok, model)
				}
				if ok {
					model = model[1:]
				}
			case 4:
				if len(model) == 0 {
					continue
				}
				i := rapid.IntRange(0, len(model)-1).Draw(t, "which")
				p, ok := q.remove(model[i])
				if !ok || p.run.ID != model[i] {
					t.Fatalf("remove(%q) = %q, %v", model[i], p.run.ID, ok)
				}
				model = append(model[:i:i], model[i+1:]...)
			}
			if q.len() != len(model) {
				t.Fatalf("len() = %d, want %d", q.len(), len(model))
			}
		}
	})
}

func TestQueueForgetsWhatIsGone(t *testing.T) {
	t.Parallel()
	var q queue
	q.push(pending{})
	for i := range 100_000 {
		q.push(pending{run: run.Run{ID: fmt.Sprint(i)}})
		q.pop()
	}
	if n := len(q.items); n > 1000 {
		t.Errorf("a queue that held two at the most keeps %d", n)
	}
}
