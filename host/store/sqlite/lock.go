package sqlite

import (
	"fmt"
	"os"
	"strings"

	"github.com/gofrs/flock"
)

// lockFile makes a host the only one that has a database open. The operating
// system lets go of it when the process ends, however it ends.
type lockFile struct{ lock *flock.Flock }

// holderAt is where the holder's name begins in the file. The byte before it
// is the one that Windows locks, and there a locked byte cannot be read.
const holderAt = 1

// maxHolder bounds what is read of a lock file that somebody else wrote.
const maxHolder = 300

// lockBeside takes the lock of the database at path, or says who has it.
func lockBeside(path string) (*lockFile, error) {
	name := path + ".lock"
	l := flock.New(name, flock.SetFlag(os.O_CREATE|os.O_RDWR), flock.SetPermissions(0o600))
	won, err := l.TryLock()
	if err != nil {
		return nil, fmt.Errorf("locking %s: %w", name, err)
	}
	if !won {
		return nil, fmt.Errorf("it is in use by %s", holder(name))
	}
	// The name is a help for people: a lock without it is as good.
	_ = writeHolder(name)
	return &lockFile{l}, nil
}

func (l *lockFile) release() error { return l.lock.Close() }

func writeHolder(name string) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	host, err := os.Hostname()
	if err != nil {
		host = "an unnamed host"
	}
	_, err = f.WriteAt(fmt.Appendf(nil, "process %d on %s\n", os.Getpid(), host), holderAt)
	return err
}

func holder(name string) string {
	f, err := os.Open(name)
	if err != nil {
		return "another process"
	}
	defer f.Close()
	text := make([]byte, maxHolder)
	n, _ := f.ReadAt(text, holderAt) // it ends before the buffer does
	who := strings.TrimSpace(strings.ToValidUTF8(string(text[:n]), "?"))
	if who == "" {
		return "another process"
	}
	return who
}
