package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// fakeHost answers as a host does, for three hosts of which the first is itself.
type fakeHost struct {
	mu    sync.Mutex
	hosts []hostInfo
	looks int // at the hosts
	// settle is what happens before a look.
	settle func(f *fakeHost)
	asked  []string
}

func startFakeHost(t *testing.T, settle func(*fakeHost)) (*fakeHost, string) {
	t.Helper()
	until, hash, ended := time.Date(2026, 3, 29, 12, 0, 8, 0, time.UTC), "0123456789abcdef", time.Date(2026, 3, 29, 11, 0, 0, 0, time.UTC)
	f := &fakeHost{settle: settle, hosts: []hostInfo{
		{ID: "h/1", Name: "anna", Self: true, State: "ready", Version: "1.2.3", Labels: map[string]string{"zone": "north", "gpu": "yes"}, ConfigHash: &hash,
			Running: 1, LeaseUntil: &until, Plugins: []hostPlugin{{Name: "a", Slots: 4}, {Name: "b", Slots: 2}}},
		{ID: "h2", Name: "twin", State: "ready", LeaseUntil: &until},
		{ID: "h3", Name: "twin", State: "ready"},
		{ID: "h4", Name: "anna", State: "ended", EndedAt: &ended},
	}}
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	return f, server.URL
}

func (f *fakeHost) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	path := r.URL.EscapedPath()
	if r.Method == http.MethodGet && path == "/api/v1/hosts" {
		f.looks++
		if f.settle != nil {
			f.settle(f)
		}
		_ = json.NewEncoder(w).Encode(hostInfos{Hosts: f.hosts})
		return
	}
	f.asked = append(f.asked, r.Method+" "+path)
	for i, id := range []string{"h%2F1", "h2", "h3"} {
		if strings.HasPrefix(path, "/api/v1/hosts/"+id+"/") {
			w.WriteHeader(http.StatusAccepted)
			_ = json.NewEncoder(w).Encode(f.hosts[i])
			return
		}
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(http.StatusNotFound)
	fmt.Fprint(w, `{"detail":"there is no host of this id that holds a lease"}`)
}

func TestHosts(t *testing.T) {
	t.Parallel()
	_, url := startFakeHost(t, nil)
	r := runProgram(t, map[string]string{addressVar: url}, "hosts")
	want := "" +
		"NAME    STATE  VERSION  RUNNING  LEASE UNTIL  LABELS              CONFIG        ID\n" +
		"anna *  ready  1.2.3    1/6      12:00:08Z    gpu=yes,zone=north  0123456789ab  h/1\n" +
		"twin    ready  -        0/0      12:00:08Z    -                   -             h2\n" +
		"twin    ready  -        0/0      always       -                   -             h3\n" +
		"anna    ended  -        0/0      -            -                   -             h4\n"
	if r.code != exitOK || r.stdout != want {
		t.Errorf("%d %s\n%s", r.code, r.stderr, r.stdout)
	}
	r = runProgram(t, nil, "hosts", "-json", "-address", url)
	var list hostInfos
	if err := json.Unmarshal([]byte(r.stdout), &list); err != nil || len(list.Hosts) != 4 || list.Hosts[0].Plugins[1].Slots != 2 {
		t.Errorf("%v in %+v", err, r)
	}
}

func TestDrain(t *testing.T) {
	t.Parallel()
	// finish lets the first host hear of its drain at the third look, and end its
	// attempt at the fourth.
	finish := func(f *fakeHost) {
		f.hosts[0].Draining = f.looks >= 3
		if f.looks >= 4 {
			f.hosts[0].Running = 0
		}
	}
	tests := map[string]struct {
		settle         func(*fakeHost)
		args           []string
		code           int
		asked          string
		stdout, stderr string
	}{
		"asks the host that answers":    {args: nil, asked: "POST /api/v1/hosts/h%2F1/drain", stdout: "Host \"anna\" is asked to take nothing more. It executes 1 attempt.\n"},
		"asks a host by its id":         {args: []string{"-host", "h3"}, asked: "POST /api/v1/hosts/h3/drain", stdout: "Host \"twin\" is asked to take nothing more. It executes 0 attempts.\n"},
		"asks a host by its name":       {args: []string{"-host", "anna"}, asked: "POST /api/v1/hosts/h%2F1/drain", stdout: "Host \"anna\" is asked to take nothing more. It executes 1 attempt.\n"},
		"resumes":                       {args: []string{"-resume"}, asked: "POST /api/v1/hosts/h%2F1/resume", stdout: "Host \"anna\" is asked to work again.\n"},
		"waits until nothing runs":      {settle: finish, args: []string{"-wait", "1m"}, asked: "POST /api/v1/hosts/h%2F1/drain", stdout: "Host \"anna\" is asked to take nothing more. It executes 1 attempt.\nHost \"anna\" executes nothing.\n"},
		"waits no longer than asked":    {args: []string{"-wait", "10ms"}, code: exitError, asked: "POST /api/v1/hosts/h%2F1/drain", stdout: "Host \"anna\" is asked to take nothing more. It executes 1 attempt.\n", stderr: "butlerd: host \"anna\" still executes 1 attempt after 10ms; it stays drained\n"},
		"asks which of two hosts":       {args: []string{"-host", "twin"}, code: exitError, stderr: "butlerd: several hosts are called \"twin\": give the id of one, h2 or h3\n"},
		"knows no other host":           {args: []string{"-host", "nobody"}, code: exitError, stderr: "butlerd: there is no host \"nobody\"; butlerd hosts lists them\n"},
		"passes on why it is refused":   {args: []string{"-host", "h4"}, code: exitError, asked: "POST /api/v1/hosts/h4/drain", stderr: "butlerd: there is no host of this id that holds a lease\n"},
		"does not wait with a resume":   {args: []string{"-resume", "-wait", "1s"}, code: exitUsage, stderr: "butlerd: butlerd drain: -wait takes a duration such as 5m, and does not go with -resume\n"},
		"does not wait a negative time": {args: []string{"-wait", "-1s"}, code: exitUsage, stderr: "butlerd: butlerd drain: -wait takes a duration such as 5m, and does not go with -resume\n"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, url := startFakeHost(t, tt.settle)
			r := runProgram(t, map[string]string{addressVar: url}, append([]string{"drain"}, tt.args...)...)
			if r.code != tt.code || r.stdout != tt.stdout || r.stderr != tt.stderr {
				t.Errorf("%+v", r)
			}
			if asked := strings.Join(f.asked, ", "); asked != tt.asked {
				t.Errorf("asked %q, not %q", asked, tt.asked)
			}
		})
	}
}

func TestHostsThatDoNotAnswer(t *testing.T) {
	t.Parallel()
	other := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(other.Close)
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	tests := map[string]struct {
		address string
		code    int
		says    string
	}{
		"because nobody is there": {strings.Replace(gone.URL, "//", "//user:hunter2@", 1), exitError, "no host answers at " + gone.URL + ": "},
		"because they are none":   {strings.Replace(other.URL, "//", "//user:hunter2@", 1), exitError, "status 404, not as a butlerd host"},
		"without a scheme":        {"user:hunter2@127.0.0.1:8080", exitUsage, "the address must be a URL such as http://127.0.0.1:8080"},
		"without a host":          {"http://", exitUsage, "the address must be a URL"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, command := range []string{"hosts", "drain"} {
				r := runProgram(t, nil, command, "-address", tt.address)
				if r.code != tt.code || !strings.Contains(r.stderr, tt.says) || strings.Contains(r.stderr, "hunter2") {
					t.Errorf("%s: %+v", command, r)
				}
			}
		})
	}
}
