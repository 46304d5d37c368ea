package shadow

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/gofrs/flock"
)

// Dir is where the journal is, in the data directory.
const Dir = "shadow"

const (
	journalName = "observations.jsonl"
	lockName    = "observations.lock"
)

// maxJournal bounds the journal in bytes. What would not fit makes room: the older half
// of the time goes. It is about 300,000 executions.
const maxJournal = 64 << 20

// Journal is the file that observations are kept in, as lines of JSON. It is written
// by one process at a time, and others may read it meanwhile. It is not safe for
// concurrent use.
type Journal struct {
	dir     string
	lock    *flock.Flock
	file    *os.File
	size    int64
	limit   int64
	history *History
	asked   map[string]bool // selectors that were asked about in this life
}

// Open opens the journal of a data directory for writing, and makes one when there is
// none.
func Open(dataDir string) (*Journal, error) {
	dir := filepath.Join(dataDir, Dir)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("making the directory of the observations: %w", err)
	}
	j := &Journal{dir: dir, limit: maxJournal, asked: map[string]bool{}}
	j.lock = flock.New(filepath.Join(dir, lockName), flock.SetPermissions(0o600))
	won, err := j.lock.TryLock()
	switch {
	case err != nil:
		return nil, fmt.Errorf("locking the observations in %s: %w", dir, err)
	case !won:
		return nil, fmt.Errorf("another butlerd shadow writes to %s; give one of them another -data-dir", dir)
	}
	if err := j.open(); err != nil {
		return nil, errors.Join(err, j.lock.Close())
	}
	return j, nil
}

// open reads what is there, without a last line that was cut, and goes on behind it.
func (j *Journal) open() error {
	path := filepath.Join(j.dir, journalName)
	history, size, err := read(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("opening the observations: %w", err)
	}
	if err = file.Truncate(size); err == nil {
		_, err = file.Seek(size, io.SeekStart)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("opening the observations: %w", err), file.Close())
	}
	j.file, j.size, j.history = file, size, history
	if size == 0 {
		return j.append(line{Journal: &headLine{version}})
	}
	return nil
}

// Read reads the journal of a data directory. Without one the error is os.ErrNotExist.
func Read(dataDir string) (*History, error) {
	h, _, err := read(filepath.Join(dataDir, Dir, journalName))
	return h, err
}

// read reads the whole lines, and tells how many bytes they are.
func read(path string) (h *History, size int64, err error) {
	h = newHistory()
	if info, err := os.Stat(path); err == nil && info.Size() > 2*maxJournal {
		return h, 0, fmt.Errorf("reading the observations: %s has %d bytes, no butlerd writes so many", path, info.Size())
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return h, 0, fmt.Errorf("reading the observations: %w", err)
	}
	for n := 1; ; n++ {
		text, rest, whole := bytes.Cut(data, []byte("\n"))
		if !whole {
			return h, size, nil // it was being written when the process ended
		}
		var l line
		if err := json.Unmarshal(text, &l); err != nil {
			return nil, 0, fmt.Errorf("reading the observations: %s:%d is damaged: %w; move the file away to begin anew", path, n, err)
		}
		if err := h.add(l); err != nil {
			return nil, 0, fmt.Errorf("reading the observations: %s:%d: %w; move the file away to begin anew", path, n, err)
		}
		size, data = size+int64(len(text))+1, rest
	}
}

// append adds lines in one write, the last of them last: what they say is on disk when
// it returns.
func (j *Journal) append(lines ...line) error {
	for _, l := range lines {
		if err := j.history.add(l); err != nil {
			return err
		}
	}
	data, err := encode(lines)
	if err != nil {
		return err
	}
	if j.size+int64(len(data)) > j.limit {
		return j.shrink() // with the new ones, which the history has
	}
	n, err := j.file.Write(data)
	j.size += int64(n)
	if err == nil {
		err = j.file.Sync()
	}
	if err != nil {
		return fmt.Errorf("writing the observations: %w", err)
	}
	return nil
}

func encode(lines []line) ([]byte, error) {
	var b bytes.Buffer
	for _, l := range lines {
		data, err := json.Marshal(l)
		if err != nil {
			return nil, err
		}
		b.Write(append(data, '\n'))
	}
	return b.Bytes(), nil
}

// History is what the journal holds. It must not be changed.
func (j *Journal) History() *History { return j.history }

// Close lets go of the journal.
func (j *Journal) Close() error { return errors.Join(j.file.Close(), j.lock.Close()) }
