package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// The addresses of the two ends: from a range that is for documents alone, in
// namespaces that have no way out.
const (
	nearAddress = "192.0.2.1"
	farAddress  = "192.0.2.2"
)

// network is two network namespaces with a link between them.
type network struct {
	t         *testing.T
	near, far string // the namespaces
	device    string // the near end of the link
}

// newNetwork makes namespaces with names that nobody else has, for one test.
func newNetwork(t *testing.T) network {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("network namespaces are made by root")
	}
	if _, err := exec.LookPath("ip"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skipf("iproute2 is not on this machine: %v", err)
	}
	id := fmt.Sprintf("%08x", rand.Uint32())
	n := network{t: t, near: "butlerd-near-" + id, far: "butlerd-far-" + id, device: "near" + id}
	for _, name := range []string{n.near, n.far} {
		if out, err := exec.Command("ip", "netns", "add", name).CombinedOutput(); err != nil {
			t.Skipf("no network namespaces here: %v: %s", err, out)
		}
		// The link goes with them, when the processes in them are gone.
		t.Cleanup(func() { ip(t, "netns", "del", name) })
	}
	ip(t, "link", "add", n.device, "netns", n.near, "type", "veth", "peer", "name", "far"+id, "netns", n.far)
	n.bring(n.near, n.device, nearAddress)
	n.bring(n.far, "far"+id, farAddress)
	return n
}

// bring gives an end of the link its address.
func (n network) bring(namespace, device, address string) {
	n.t.Helper()
	ip(n.t, "-n", namespace, "address", "add", address+"/24", "dev", device)
	ip(n.t, "-n", namespace, "link", "set", device, "up")
	ip(n.t, "-n", namespace, "link", "set", "lo", "up")
}

// link takes the link "down" or brings it "up" again.
func (n network) link(state string) {
	n.t.Helper()
	ip(n.t, "-n", n.near, "link", "set", n.device, state)
}

func ip(t *testing.T, args ...string) {
	t.Helper()
	if out, err := exec.Command("ip", args...).CombinedOutput(); err != nil {
		t.Errorf("ip %s: %v: %s", strings.Join(args, " "), err, out)
	}
}

// inNamespace calls do with the calling thread in a namespace: processes that it
// starts are in it too.
func inNamespace(t *testing.T, name string, do func()) {
	t.Helper()
	runtime.LockOSThread()
	home, err := os.Open("/proc/thread-self/ns/net")
	if err != nil {
		t.Fatal(err)
	}
	defer home.Close()
	there, err := os.Open(filepath.Join("/run/netns", name))
	if err != nil {
		t.Fatal(err)
	}
	defer there.Close()
	if err := unix.Setns(int(there.Fd()), unix.CLONE_NEWNET); err != nil {
		t.Fatal(err)
	}
	defer func() {
		// A thread that cannot go back stays locked, and ends with the goroutine.
		if err := unix.Setns(int(home.Fd()), unix.CLONE_NEWNET); err != nil {
			t.Errorf("leaving namespace %s: %v", name, err)
			return
		}
		runtime.UnlockOSThread()
	}()
	do()
}
