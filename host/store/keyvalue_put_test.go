package store

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestPutMakingRoom(t *testing.T) {
	t.Parallel()
	away := errors.New("away")
	keys, bytes := &FullError{Limit: limitKeys, Most: 3, Namespace: "n"}, &FullError{Limit: limitBytes, Most: 3}
	namespaces := &FullError{Limit: limitNamespaces, Most: 3}
	for name, tt := range map[string]struct {
		puts    []error // one after the other
		removed []int
		failed  error // of the removal
		asked   []string
		want    error
	}{
		"ends when there is room":                       {puts: []error{nil}},
		"ends with another error":                       {puts: []error{away}, want: away},
		"removes nothing for a namespace more":          {puts: []error{namespaces}, want: ErrFull},
		"removes of a namespace what it needs":          {puts: []error{keys, keys, nil}, removed: []int{5, 5}, asked: []string{"n", "n"}},
		"removes of all what it needs":                  {puts: []error{bytes, nil}, removed: []int{1}, asked: []string{"all"}},
		"is refused when there is nothing to remove":    {puts: []error{keys, keys}, removed: []int{5, 0}, asked: []string{"n", "n"}, want: ErrFull},
		"says why nothing could be removed":             {puts: []error{keys}, failed: away, removed: []int{0}, asked: []string{"n"}, want: away},
		"removes for one limit, and then for the other": {puts: []error{keys, bytes, nil}, removed: []int{1, 1}, asked: []string{"n", "all"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var asked []string
			err := PutMakingRoom(func() error {
				err := tt.puts[0]
				tt.puts = tt.puts[1:]
				return err
			}, func(namespace *string) (int, error) {
				of := "all"
				if namespace != nil {
					of = *namespace
				}
				asked = append(asked, of)
				return tt.removed[len(asked)-1], tt.failed
			})
			if !errors.Is(err, tt.want) || len(tt.puts) > 0 {
				t.Errorf("got the error %v with %d puts left, want %v", err, len(tt.puts), tt.want)
			}
			if diff := cmp.Diff(tt.asked, asked); diff != "" {
				t.Errorf("what was removed (-want +got):\n%s", diff)
			}
		})
	}
}

func TestPlanPut(t *testing.T) {
	t.Parallel()
	facts := KeyValueFacts{Namespaces: 1, Bytes: 20, Keys: map[string]int64{"n": 3}, Kept: map[KeyName]KeptValue{
		{"n", "a"}: {Bytes: 5}, {"n", "gone"}: {Bytes: 9, Expired: true},
	}}
	got, err := PlanPut([]KeyValue{
		{Namespace: "n", Key: "a", Value: "1"}, {Namespace: "m", Key: "b"}, {Namespace: "n", Key: "gone", Value: "2"},
		{Namespace: "n", Key: "a", Value: "12"}, {Namespace: "n", Key: "c"},
	}, facts, KeyValueLimits{Namespaces: 2, Keys: 4})
	want := Putting{
		Values: []KeyValue{
			{Namespace: "n", Key: "a", Value: "12"}, {Namespace: "m", Key: "b"}, {Namespace: "n", Key: "gone", Value: "2"}, {Namespace: "n", Key: "c"},
		},
		Made: []string{"m"}, Added: map[string]int64{"n": 1, "m": 1}, Bytes: 3 - 5 + 1 + 5 - 9 + 1,
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}
