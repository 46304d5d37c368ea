package sdk

import (
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/stats"
)

func TestConnectionsTellWhenNobodyIsThere(t *testing.T) {
	t.Parallel()
	begin, end := &stats.ConnBegin{}, &stats.ConnEnd{}
	type step struct {
		after time.Duration
		what  stats.ConnStats
	}
	tests := map[string]struct {
		steps []step
		want  time.Duration // 0: never
	}{
		"a minute after the start":                {nil, time.Minute},
		"not while one is open":                   {[]step{{time.Second, begin}}, 0},
		"a moment after the last has ended":       {[]step{{time.Second, begin}, {time.Second, begin}, {time.Second, end}, {time.Second, end}}, 4500 * time.Millisecond},
		"not when another comes within a moment":  {[]step{{time.Second, begin}, {time.Second, end}, {400 * time.Millisecond, begin}}, 0},
		"a moment after the end of a quick visit": {[]step{{0, begin}, {0, end}}, 500 * time.Millisecond},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var alone []time.Duration
				began := time.Now()
				c := watchConnections(func() { alone = append(alone, time.Since(began)) })
				for _, s := range tt.steps {
					time.Sleep(s.after)
					c.HandleConn(t.Context(), s.what)
				}
				time.Sleep(time.Hour)
				synctest.Wait()
				switch {
				case tt.want == 0 && len(alone) > 0:
					t.Errorf("told after %s", alone)
				case tt.want > 0 && (len(alone) != 1 || alone[0] != tt.want):
					t.Errorf("told after %s, want %s", alone, tt.want)
				}
			})
		})
	}
}
