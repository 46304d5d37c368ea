package exec

import (
	"bytes"
	"cmp"
	"strings"
	"sync"
	"unicode/utf8"

	"butlerd/sdk"
)

// Limits on what is kept of what one program prints; beyond them it may go on
// printing, and nobody hears it.
const (
	maxStdout = 16 << 20 // bytes
	maxLines  = 10_000   // lines of standard error
	maxLine   = 8 << 10  // bytes of one of them
)

// output takes what a program prints: to standard output as it is, to standard
// error line by line. Each is read by a goroutine of its own, which alone uses
// what is of that pipe until finish.
type output struct {
	run      *sdk.Run
	out, err *pipe
	kept     int // bytes of standard output
	tail     tail
	lines    lines
	tellCut  func() // that something is not kept, once
}

func newOutput(run *sdk.Run) (*output, error) {
	o := &output{run: run}
	o.tellCut = sync.OnceFunc(func() {
		run.Log.Warn("the program prints too much: the rest is not kept", "stdout_bytes", maxStdout, "stderr_lines", maxLines)
	})
	var err error
	if o.out, err = newPipe(writer(o.print)); err != nil {
		return nil, err
	}
	if o.err, err = newPipe(writer(o.warn)); err != nil {
		o.out.started()
		o.out.finish()
		return nil, err
	}
	return o, nil
}

// print passes standard output on. It waits for a slow host, and the program with
// it.
func (o *output) print(p []byte) {
	o.tail.write(p)
	kept := p[:min(len(p), maxStdout-o.kept)]
	o.kept += len(kept)
	_, _ = o.run.Output().Write(kept) // it never fails
	if len(kept) < len(p) {
		o.tellCut()
	}
}

// warn logs standard error.
func (o *output) warn(p []byte) { o.lines.write(p, o.line) }

func (o *output) line(number int, text string) {
	if number > maxLines {
		o.tellCut()
		return
	}
	o.run.Log.Warn(text)
}

func (o *output) started() {
	o.out.started()
	o.err.started()
}

// finish waits for the rest, and sets the summary.
func (o *output) finish() {
	o.out.finish()
	o.err.finish()
	o.lines.flush(o.line)
	o.run.Summary(cmp.Or(o.tail.line(), o.lines.last))
}

// lastWords are what tells best why a program failed.
func (o *output) lastWords() string { return cmp.Or(o.lines.last, o.tail.line()) }

// writer is an io.Writer of a function that takes everything.
type writer func(p []byte)

func (w writer) Write(p []byte) (int, error) {
	w(p)
	return len(p), nil
}

// tail keeps the end of what is written to it.
type tail []byte

func (t *tail) write(p []byte) {
	all := append(*t, p[max(len(p)-maxLine, 0):]...)
	*t = append((*t)[:0], all[max(len(all)-maxLine, 0):]...)
}

// line is the last line that is not blank.
func (t tail) line() string {
	text := bytes.TrimSpace(t)
	return clean(text[bytes.LastIndexByte(text, '\n')+1:])
}

// lines cuts what is written to it into lines.
type lines struct {
	part   []byte // of the line that has not ended yet; what is beyond maxLine is dropped
	number int
	last   string // line that is not blank
}

func (l *lines) write(p []byte, take func(number int, text string)) {
	for len(p) > 0 {
		line, rest, whole := bytes.Cut(p, []byte("\n"))
		l.part = append(l.part, line[:min(len(line), maxLine-len(l.part))]...)
		if whole {
			l.flush(take)
		}
		p = rest
	}
}

func (l *lines) flush(take func(number int, text string)) {
	text := clean(l.part)
	l.part = l.part[:0]
	if text == "" {
		return
	}
	l.number++
	l.last = text
	take(l.number, text)
}

func clean(line []byte) string {
	text := strings.TrimRight(string(line), " \t\r")
	if !utf8.ValidString(text) {
		text = strings.ToValidUTF8(text, "\uFFFD")
	}
	return text
}
