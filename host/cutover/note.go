package cutover

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// noteName is the file that says which schedules are being taken over.
const noteName = "cutover.json"

// Note is what is known of a take-over that has begun: when it is interrupted, the next
// one learns from it what Butler had started.
type Note struct {
	Version   int        `json:"version"`
	Butler    string     `json:"butler"`
	Schedules []string   `json:"schedules"` // that Butler had started
	BeganAt   time.Time  `json:"began_at"`
	EndedAt   *time.Time `json:"ended_at"` // nil: it was interrupted
}

const noteVersion = 1

// maxNote bounds the file in bytes.
const maxNote = 64 << 20

// ReadNote reads the note of a directory; nil when there is none.
func ReadNote(dir string) (*Note, error) {
	path := filepath.Join(dir, noteName)
	info, err := os.Stat(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil || info.Size() > maxNote {
		return nil, errors.Join(err, fmt.Errorf("reading %s: it is not what butlerd writes", path))
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	n := &Note{}
	if err := json.Unmarshal(data, n); err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	if n.Version != noteVersion {
		return nil, fmt.Errorf("reading %s: its version is %d, this butlerd reads %d", path, n.Version, noteVersion)
	}
	return n, nil
}

// write puts the note on disk.
func (n *Note) write(dir string) error {
	n.Version = noteVersion
	data, err := json.MarshalIndent(n, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	path := filepath.Join(dir, noteName)
	f, err := os.OpenFile(path+".new", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if _, err = f.Write(data); err == nil {
		err = f.Sync()
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}
