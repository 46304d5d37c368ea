package qrssim_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"

	"butlerd/plugins/qlik-sense-reload/qrssim"
)

// A test of a QRS client can use the simulator without a socket, and see what
// the client has started.
func ExampleSimulator_Handler() {
	sim, err := qrssim.New(qrssim.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	const xrfkey = "0123456789abcdef"
	r := httptest.NewRequest(http.MethodPost, "/qrs/task/0fe447a9-ba1f-44a9-ac23-68c3a1d88d8b/start?xrfkey="+xrfkey, nil)
	r.Header.Set("X-Qlik-Xrfkey", xrfkey)
	r.Header.Set("X-Qlik-User", "UserDirectory=INTERNAL; UserId=sa_repository")
	w := httptest.NewRecorder()
	sim.Handler().ServeHTTP(w, r)
	fmt.Println(w.Code)
	for _, start := range sim.Starts() {
		fmt.Println(start.TaskName, "by", start.User)
	}
	// Output:
	// 204
	// Reload task of App1 by INTERNAL\sa_repository
}
