//go:build unix

package pgtest

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
)

func stopProcess(p *os.Process, mode Mode) error {
	switch mode {
	case Smart:
		return p.Signal(syscall.SIGTERM)
	case Fast:
		return p.Signal(syscall.SIGINT)
	case Immediate:
		return p.Signal(syscall.SIGQUIT)
	}
	return errors.New("no such mode: " + string(mode))
}

// pauseAll stops a server. The parent goes first, so that it makes no child that
// is not seen.
func pauseAll(pid int) error {
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		return err
	}
	for _, child := range children(pid) {
		_ = syscall.Kill(child, syscall.SIGSTOP) // it may have ended
	}
	return nil
}

// resumeAll is the reverse of pauseAll.
func resumeAll(pid int) error {
	for _, child := range children(pid) {
		_ = syscall.Kill(child, syscall.SIGCONT)
	}
	return syscall.Kill(pid, syscall.SIGCONT)
}

// killAll ends a server. PostgreSQL gives each child a session of its own, so
// there is no one group to be killed.
func killAll(pid int) {
	_ = pauseAll(pid)
	for _, child := range children(pid) {
		_ = syscall.Kill(child, syscall.SIGKILL)
	}
	_ = syscall.Kill(pid, syscall.SIGKILL)
}

// children are the processes whose parent is pid. Where there is no /proc it
// finds none; PostgreSQL's then end by themselves when they miss their parent.
func children(pid int) []int {
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	var found []int
	for _, path := range stats {
		data, err := os.ReadFile(path)
		if err != nil {
			continue // it has ended
		}
		// "PID (NAME) STATE PPID …", and a name may hold anything.
		fields := bytes.Fields(data[bytes.LastIndexByte(data, ')')+1:])
		if len(fields) > 1 && string(fields[1]) == strconv.Itoa(pid) {
			if child, err := strconv.Atoi(filepath.Base(filepath.Dir(path))); err == nil {
				found = append(found, child)
			}
		}
	}
	return found
}
