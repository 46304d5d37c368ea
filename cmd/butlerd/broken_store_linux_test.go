package main

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// onDisk, when set, is a directory that the program finds on a disk of its own, which
// is small, or with onDiskRead can only be read.
const (
	onDisk     = "BUTLERD_TEST_ON_DISK"
	onDiskRead = "BUTLERD_TEST_ON_DISK_READ"
)

// ownDisk has cmd start in namespaces in which anybody may mount something.
func ownDisk(cmd *exec.Cmd, kind, dir string) {
	cmd.Env = append(cmd.Env, kind+"="+dir)
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
	}
}

// diskSize is how much the disk has room for: more than the journal, which is copied
// into the database and begun anew at 16 MB. It is only ever full of ballast.
const diskSize = 64 << 20

// mountDisk mounts what the environment asks for.
func mountDisk() error {
	if dir := os.Getenv(onDisk); dir != "" {
		return syscall.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprint("size=", diskSize))
	}
	if dir := os.Getenv(onDiskRead); dir != "" {
		if err := syscall.Mount(dir, dir, "", syscall.MS_BIND, ""); err != nil {
			return err
		}
		return syscall.Mount("", dir, "", syscall.MS_BIND|syscall.MS_REMOUNT|syscall.MS_RDONLY, "")
	}
	return nil
}

// namespaced skips a test where no namespaces can be made.
func namespaced(t *testing.T) {
	t.Helper()
	cmd := exec.Command("true")
	ownDisk(cmd, onDisk, "")
	if err := cmd.Run(); err != nil {
		t.Skipf("no mount namespaces here: %v", err)
	}
}

func TestServeRefusesAReadOnlyStore(t *testing.T) {
	t.Parallel()
	namespaced(t)
	_, config, db := brokenHost(t)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self, "serve", "-config", config)
	cmd.Env = append(os.Environ(), asProgram+"=1")
	ownDisk(cmd, onDiskRead, filepath.Dir(db))
	said, err := cmd.CombinedOutput()
	if cmd.ProcessState.ExitCode() != exitError || !strings.Contains(string(said), db) || !strings.Contains(string(said), "read-only file system") {
		t.Errorf("%v:\n%s", err, said)
	}
}

// A full disk loses nothing that was acknowledged: the host waits for room.
func TestServeOutlivesAFullDisk(t *testing.T) {
	t.Parallel()
	namespaced(t)
	dir := t.TempDir()
	config, _ := killConfig(t, dir)
	data := filepath.Join(dir, "data")
	if err := os.Mkdir(data, 0o700); err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, "serve", "-config", config)
	ownDisk(cmd, onDisk, data)
	s := launch(t, dir, cmd)
	t.Cleanup(s.kill)
	s.url = s.ready(t)
	var made struct {
		ID string `json:"id"`
	}
	if status, err := request(t.Context(), http.MethodPost, s.url+"/v4/schedules", newSchedule, &made); err != nil || status != http.StatusCreated {
		t.Fatalf("making a schedule: %d, %v", status, err)
	}
	// Its disk is seen through the process.
	ballast := filepath.Join("/proc", strconv.Itoa(cmd.Process.Pid), "root", data, "ballast")
	_ = os.WriteFile(ballast, make([]byte, diskSize), 0o600) // as much as there is room for
	awaitReady(t, s.url, false)
	awaitSaid(t, s, "store cannot be written, trying again") // a firing came due
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	awaitReady(t, s.url, true)
	if status, err := request(t.Context(), http.MethodGet, s.url+"/api/v1/schedules/"+made.ID, "", nil); err != nil || status != http.StatusOK {
		t.Errorf("the schedule that was acknowledged: %d, %v", status, err)
	}
	comeToRest(t, s.url)
	var report struct {
		OK bool `json:"ok"`
	}
	if _, err := request(t.Context(), http.MethodGet, s.url+"/api/v1/verify", "", &report); err != nil || !report.OK {
		t.Errorf("verify: %+v, %v", report, err)
	}
	s.stop(t)
	if said := s.said(t); strings.Contains(said, "panic") || !strings.Contains(said, "store is back") {
		t.Errorf("the log:\n%s", said)
	}
}
