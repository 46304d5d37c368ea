package hclfile

import (
	"strings"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"
)

// File is a file in the making. Its blocks and comments are in the order in which they
// are added. It must not be used by several goroutines.
type File struct {
	Body
	file *hclwrite.File
}

// New is an empty file.
func New() *File {
	f := hclwrite.NewEmptyFile()
	return &File{Body{f.Body()}, f}
}

// Bytes is the file as text, formatted as `butlerd` shows files.
func (f *File) Bytes() []byte { return hclwrite.Format(f.file.Bytes()) }

// Body is a file, or what is inside of a block.
type Body struct{ body *hclwrite.Body }

// Space adds an empty line.
func (b Body) Space() { b.body.AppendNewline() }

// Comment adds a comment, a line for each line of text. What could end a line in the
// text, or hide what follows, is replaced.
func (b Body) Comment(text string) {
	for line := range strings.SplitSeq(strings.TrimRight(text, "\n"), "\n") {
		line = strings.TrimRight("# "+strings.Map(printable, line), " ") + "\n"
		b.body.AppendUnstructuredTokens(hclwrite.Tokens{{Type: hclsyntax.TokenComment, Bytes: []byte(line)}})
	}
}

// printable is a character fit for a comment.
func printable(r rune) rune {
	if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 || r == '\u2028' || r == '\u2029' || r == '\uFFFD' {
		return ' '
	}
	return r
}

// Block adds a block.
func (b Body) Block(typ string, labels ...string) Body {
	return Body{b.body.AppendNewBlock(typ, labels).Body()}
}

// Text adds an attribute that is a text.
func (b Body) Text(name, value string) { b.set(name, cty.StringVal(value)) }

// Number adds an attribute that is a whole number.
func (b Body) Number(name string, value int) { b.set(name, cty.NumberIntVal(int64(value))) }

// Flag adds an attribute that is true or false.
func (b Body) Flag(name string, value bool) { b.set(name, cty.BoolVal(value)) }

// Texts adds an attribute that is a list of texts.
func (b Body) Texts(name string, values []string) { b.set(name, textList(values)) }

// Table adds an attribute that is a map of texts.
func (b Body) Table(name string, values map[string]string) {
	all := make(map[string]cty.Value, len(values))
	for k, v := range values {
		all[k] = cty.StringVal(v)
	}
	b.set(name, cty.ObjectVal(all))
}

// Env adds an attribute that is read from an environment variable, for what must not
// stand in a file.
func (b Body) Env(name, variable string) {
	b.body.SetAttributeRaw(name, hclwrite.TokensForFunctionCall("env", hclwrite.TokensForValue(cty.StringVal(variable))))
}

func (b Body) set(name string, v cty.Value) { b.body.SetAttributeRaw(name, tokens(v)) }

func textList(values []string) cty.Value {
	list := make([]cty.Value, len(values))
	for i, v := range values {
		list[i] = cty.StringVal(v)
	}
	return cty.TupleVal(list)
}

// wide is how many characters lines of comments have at most, if that can be.
const wide = 90

// wrapped breaks the lines of a comment at blanks.
func wrapped(text string) string {
	var out strings.Builder
	for line := range strings.SplitSeq(text, "\n") {
		used := 0
		for word := range strings.SplitSeq(line, " ") {
			n := utf8.RuneCountInString(word)
			switch {
			case used == 0:
			case used+1+n > wide:
				out.WriteByte('\n')
				used = 0
			default:
				out.WriteByte(' ')
				used++
			}
			out.WriteString(word)
			used += n
		}
		out.WriteByte('\n')
	}
	return out.String()
}
