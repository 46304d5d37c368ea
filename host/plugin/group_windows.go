package plugin

import (
	"fmt"
	"os/exec"
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"
)

// group is a Job Object: Windows ends everything in it when its last handle is
// closed, which the host's end does too, however it ends.
type group struct{ job windows.Handle }

// prepareGroup keeps the console's Ctrl-C from the plugin.
func prepareGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: windows.CREATE_NEW_PROCESS_GROUP}
}

// newGroup puts a started process into a Job Object. What the process starts
// before this is not in it; a plugin starts nothing before its handshake.
func newGroup(cmd *exec.Cmd) (group, error) {
	job, err := windows.CreateJobObject(nil, nil)
	if err != nil {
		return group{}, fmt.Errorf("creating a job object: %w", err)
	}
	if err := assign(job, cmd.Process.Pid); err != nil {
		windows.CloseHandle(job)
		return group{}, err
	}
	return group{job: job}, nil
}

// failedGroup is none: the process may have ended, and its number may be that of
// another by now.
func failedGroup(*exec.Cmd) group { return group{} }

func assign(job windows.Handle, pid int) error {
	info := windows.JOBOBJECT_EXTENDED_LIMIT_INFORMATION{
		BasicLimitInformation: windows.JOBOBJECT_BASIC_LIMIT_INFORMATION{LimitFlags: windows.JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE},
	}
	_, err := windows.SetInformationJobObject(job, windows.JobObjectExtendedLimitInformation,
		uintptr(unsafe.Pointer(&info)), uint32(unsafe.Sizeof(info)))
	if err != nil {
		return fmt.Errorf("limiting the job object: %w", err)
	}
	process, err := windows.OpenProcess(windows.PROCESS_SET_QUOTA|windows.PROCESS_TERMINATE, false, uint32(pid))
	if err != nil {
		return fmt.Errorf("opening process %d: %w", pid, err)
	}
	defer windows.CloseHandle(process)
	if err := windows.AssignProcessToJobObject(job, process); err != nil {
		return fmt.Errorf("putting process %d into the job object: %w", pid, err)
	}
	return nil
}

// kill ends what is left in the job.
func (g group) kill() {
	if g.job == 0 {
		return
	}
	_ = windows.TerminateJobObject(g.job, 1)
}

// close gives the job back; kill must not be called any more.
func (g group) close() {
	if g.job != 0 {
		_ = windows.CloseHandle(g.job)
	}
}
