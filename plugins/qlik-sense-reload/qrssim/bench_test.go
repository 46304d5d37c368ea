package qrssim

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// BenchmarkTrack is a client's look at the result of one execution. It has to
// cost the same however many results there are.
func BenchmarkTrack(b *testing.B) {
	for _, results := range []int{100, 10_000} {
		b.Run(fmt.Sprintf("%d results", results), func(b *testing.B) {
			s := busySite(b, results)
			session := s.Starts()[results/2].SessionID.String()
			url := filtered("/qrs/executionresult/full", "executionID eq "+session)
			for b.Loop() {
				w := httptest.NewRecorder()
				s.Handler().ServeHTTP(w, request(http.MethodGet, url, ""))
				if w.Body.Len() < 100 {
					b.Fatalf("answered %s", w.Body)
				}
			}
		})
	}
}

// BenchmarkStart is a start that takes effect, with all earlier ones ended.
func BenchmarkStart(b *testing.B) {
	s := busySite(b, 100)
	for b.Loop() {
		w := httptest.NewRecorder()
		s.Handler().ServeHTTP(w, request(http.MethodPost, "/qrs/task/"+app1Task+"/start/synchronous", ""))
		if w.Code != http.StatusCreated {
			b.Fatalf("answered %d", w.Code)
		}
	}
}

// busySite is a simulator on which reloads take no time, and which has executed
// some.
func busySite(b *testing.B, results int) *Simulator {
	b.Helper()
	s, err := New(Options{ReloadTime: time.Nanosecond, TriggerTime: -1})
	if err != nil {
		b.Fatal(err)
	}
	for range results {
		s.Handler().ServeHTTP(httptest.NewRecorder(), request(http.MethodPost, "/qrs/task/"+app1Task+"/start", ""))
	}
	return s
}
