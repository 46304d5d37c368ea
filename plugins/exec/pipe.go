package exec

import (
	"io"
	"os"
	"sync/atomic"
	"time"
)

// Limits on what is read of a pipe once the program has ended, and what it left
// running in its group as well. What they printed is in the pipe then; more can
// come only of a process that has left the group and kept the pipe open.
const (
	lingerTime  = time.Second // without anything to read
	lingerBytes = 1 << 20     // the most that a pipe of Linux holds
)

// pipe is what a program prints to. os/exec could make one, but would close it a
// fixed time after the end of the program, and lose what a slow host has not taken
// by then.
type pipe struct {
	r, w  *os.File
	ended atomic.Bool   // the program has
	done  chan struct{} // closed when everything was read
}

func newPipe(to io.Writer) (*pipe, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	p := &pipe{r: r, w: w, done: make(chan struct{})}
	go p.copy(to)
	return p, nil
}

// copy reads until nobody can write any more.
func (p *pipe) copy(to io.Writer) {
	defer close(p.done)
	buf := make([]byte, 32<<10)
	for late := 0; late <= lingerBytes; {
		if p.ended.Load() {
			p.hurry()
		}
		n, err := p.r.Read(buf)
		_, _ = to.Write(buf[:n]) // it takes everything
		if err != nil {
			return // the end, or nothing came for long enough
		}
		if p.ended.Load() {
			late += n
		}
	}
}

// hurry does nothing where pipes have no deadlines. There, on Windows, a process
// cannot leave its job.
func (p *pipe) hurry() { _ = p.r.SetReadDeadline(time.Now().Add(lingerTime)) }

// started gives up the end that the program has now.
func (p *pipe) started() { _ = p.w.Close() }

// finish waits until what a program that has ended left in the pipe was read.
func (p *pipe) finish() {
	p.ended.Store(true)
	p.hurry()
	<-p.done
	_ = p.r.Close()
}
