package shadow

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// shrink writes the journal anew, without the older half of the time as often as it
// takes to need half the room at most: the next time is to be far away.
func (j *Journal) shrink() error {
	since, until := j.history.bounds()
	lines := j.history.lines(since)
	data, err := encode(lines)
	for err == nil && int64(len(data)) > j.limit/2 && until.Sub(since) > 0 {
		since = since.Add((until.Sub(since) + 1) / 2)
		lines = j.history.lines(since)
		data, err = encode(lines)
	}
	if err != nil {
		return err
	}
	if err := j.replace(data); err != nil {
		return fmt.Errorf("writing the observations anew: %w", err)
	}
	j.history = newHistory()
	for _, l := range lines {
		if err := j.history.add(l); err != nil {
			return err
		}
	}
	return nil
}

// replace puts a file with the data in the place of the journal.
func (j *Journal) replace(data []byte) error {
	path := filepath.Join(j.dir, journalName)
	file, err := os.OpenFile(path+".new", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if _, err = file.Write(data); err == nil {
		err = file.Sync()
	}
	if err != nil {
		return errors.Join(err, file.Close())
	}
	// Windows replaces no file that is open.
	if err := errors.Join(file.Close(), j.file.Close(), os.Rename(path+".new", path)); err != nil {
		return err
	}
	j.file, err = os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0o600)
	j.size = int64(len(data))
	return err
}
