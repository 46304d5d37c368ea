package butler

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// Limits on what is read.
const (
	MaxFile = 8 << 20 // bytes of one file; Butler itself is slow long before
	// maxTokens is how many lines, dashes, commas and brackets a file may have: files
	// of nothing else take minutes and gigabytes long before they reach MaxFile. A file
	// of 20 000 schedules has 190 000 lines.
	maxTokens = 300_000
	maxDepth  = 100 // brackets in one another, and columns that a block is indented by tens
)

// node is a value of a YAML file with its place. The zero value is one that is not
// there.
type node struct {
	file string
	ast.Node
}

// parse reads the first document of a file.
func parse(file string, text []byte) (n node, err error) {
	if len(text) > MaxFile {
		return node{}, fmt.Errorf("%s: the file is larger than %d MiB", file, MaxFile>>20)
	}
	if n := tokens(text); n > maxTokens {
		return node{}, fmt.Errorf("%s: it has %d lines, dashes, commas and brackets, and at most %d are read; split it", file, n, maxTokens)
	}
	if line := tooDeep(text); line > 0 {
		return node{}, fmt.Errorf("%s:%d: values are nested too deep", file, line)
	}
	// The library has panicked on odd files before.
	defer func() {
		if recover() != nil {
			err = fmt.Errorf("%s: the YAML library cannot handle something in it", file)
		}
	}()
	f, err := parser.ParseBytes(text, 0)
	if err != nil {
		return node{}, syntax(file, err)
	}
	for _, d := range f.Docs {
		if d.Body != nil {
			return node{file, d.Body}.inside()
		}
	}
	return node{}, fmt.Errorf("%s: the file is empty", file)
}

// tokens is about how many parts the parser makes of a file.
func tokens(text []byte) int {
	n := bytes.Count(text, []byte("- ")) + bytes.Count(text, []byte("? "))
	for _, c := range text {
		if c < 0x80 && strings.IndexByte("\n\r,[]{}", c) >= 0 {
			n++
		}
	}
	return n
}

// tooDeep is the line at which values are nested deeper than anybody writes; 0 when
// none are. The parser recurses, and its stack has an end.
func tooDeep(text []byte) int {
	line, brackets, indent, start := 1, 0, 0, true
	for _, c := range text {
		switch {
		case c == '\n':
			line, indent, start = line+1, 0, true
			continue
		case start && (c == ' ' || c == '-' || c == '?'):
			indent++
		case c == '[' || c == '{':
			brackets++
			start = false
		case c == ']' || c == '}':
			brackets = max(0, brackets-1)
			start = false
		default:
			start = false
		}
		if brackets > 10*maxDepth || indent > 10*maxDepth {
			return line
		}
	}
	return 0
}

// syntax says where a file is not YAML.
func syntax(file string, err error) error {
	var se *yaml.SyntaxError
	if errors.As(err, &se) && se.Token != nil && se.Token.Position != nil {
		return fmt.Errorf("%s:%d: %s", file, se.Token.Position.Line, se.Message)
	}
	return fmt.Errorf("%s: it is not YAML", file)
}

// inside is the value itself of one that has an anchor or a tag. References are
// refused: Butler writes none, and a few of them stand for any amount of text.
func (n node) inside() (node, error) {
	for {
		switch v := n.Node.(type) {
		case *ast.AnchorNode:
			n.Node = v.Value
		case *ast.TagNode:
			n.Node = v.Value
		case *ast.AliasNode:
			return node{}, n.wrong("references (*name) are not read; write the value itself")
		default:
			return n, nil
		}
	}
}

func (n node) wrong(format string, args ...any) error {
	return fmt.Errorf("%s: %s", n.place(), fmt.Sprintf(format, args...))
}

func (n node) line() int {
	if n.Node == nil || n.GetToken() == nil || n.GetToken().Position == nil {
		return 0
	}
	return n.GetToken().Position.Line
}

// place is where the value is written: schedule.yaml:12.
func (n node) place() string {
	if n.line() == 0 {
		return n.file
	}
	return fmt.Sprintf("%s:%d", n.file, n.line())
}

// there says whether there is a value that is not null.
func (n node) there() bool {
	_, null := n.Node.(*ast.NullNode)
	return n.Node != nil && !null
}

// pair is a member of a mapping.
type pair struct {
	key   string
	value node
}

// pairs are the members of a mapping, in order; none of one that is not there.
func (n node) pairs(what string) ([]pair, error) {
	if !n.there() {
		return nil, nil
	}
	var values []*ast.MappingValueNode
	switch v := n.Node.(type) {
	case *ast.MappingNode:
		values = v.Values
	case *ast.MappingValueNode:
		values = []*ast.MappingValueNode{v}
	default:
		return nil, n.wrong("%s must be a mapping, with a key and a colon in each line", what)
	}
	list := make([]pair, 0, len(values))
	for _, v := range values {
		if v.Key.IsMergeKey() {
			return nil, n.wrong("merge keys (<<) are not read; write the values themselves")
		}
		value, err := node{n.file, v.Value}.inside()
		if err != nil {
			return nil, err
		}
		list = append(list, pair{v.Key.GetToken().Value, value})
	}
	return list, nil
}

// items are the elements of a list; none of one that is not there.
func (n node) items(what string) ([]node, error) {
	if !n.there() {
		return nil, nil
	}
	v, ok := n.Node.(*ast.SequenceNode)
	if !ok {
		return nil, n.wrong("%s must be a list, with a dash before each element", what)
	}
	list := make([]node, 0, len(v.Values))
	for _, e := range v.Values {
		value, err := node{n.file, e}.inside()
		if err != nil {
			return nil, err
		}
		list = append(list, value)
	}
	return list, nil
}

// text is a text; a number or a truth value is taken as it is written.
func (n node) text(what string) (string, error) {
	switch v := n.Node.(type) {
	case nil, *ast.NullNode:
		return "", nil
	case *ast.StringNode:
		return v.Value, nil
	case *ast.LiteralNode:
		return v.Value.Value, nil
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		return strings.TrimSpace(v.GetToken().Value), nil
	}
	return "", n.wrong("%s must be a text", what)
}
