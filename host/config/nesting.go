package config

import (
	"bytes"
	"encoding/json"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// The parsers and the evaluation of the HCL library recurse, without a limit,
// along what is written. A file of some megabytes of brackets would overflow
// the stack, which ends the process: no recover helps. So the files are looked
// through first.
const (
	maxNesting   = 100  // brackets in brackets
	maxOperators = 1000 // in one expression
	maxNumber    = 40   // bytes of a number: 1e999999999 is gigabytes as text
)

const (
	tooDeep = "More than 100 brackets are open at once."
	tooLong = "This number is too large or too long."
)

// checkNative looks through the tokens of a file in native syntax.
func checkNative(tokens hclsyntax.Tokens) *hcl.Diagnostic {
	var n nesting
	for _, t := range tokens {
		if reason := n.take(t); reason != "" {
			return wrong(t.Range, "Expression too complex", "%s", reason)
		}
	}
	return nil
}

// nesting follows the tokens of a file.
type nesting struct {
	open      []hclsyntax.TokenType
	operators int // since the last thing that ends an expression
}

func (n *nesting) take(t hclsyntax.Token) (reason string) {
	switch t.Type {
	case hclsyntax.TokenOBrace, hclsyntax.TokenOParen, hclsyntax.TokenOBrack, hclsyntax.TokenOQuote,
		hclsyntax.TokenOHeredoc, hclsyntax.TokenTemplateInterp, hclsyntax.TokenTemplateControl:
		n.open = append(n.open, t.Type)
		n.operators++ // x[i][i] nests too, though its brackets close
	case hclsyntax.TokenCBrace, hclsyntax.TokenCParen, hclsyntax.TokenCBrack, hclsyntax.TokenCQuote,
		hclsyntax.TokenCHeredoc, hclsyntax.TokenTemplateSeqEnd:
		n.open = n.open[:max(0, len(n.open)-1)]
	case hclsyntax.TokenComma:
		n.operators = 0
	case hclsyntax.TokenNewline:
		n.newline()
	case hclsyntax.TokenIdent, hclsyntax.TokenStringLit, hclsyntax.TokenQuotedLit, hclsyntax.TokenComment:
	case hclsyntax.TokenNumberLit:
		if len(t.Bytes) > maxNumber || hugeExponent(t.Bytes) {
			return tooLong
		}
	default:
		n.operators++
	}
	switch {
	case len(n.open) > maxNesting:
		return tooDeep
	case n.operators > maxOperators:
		return "An expression has more than 1000 operators; use locals to divide it."
	}
	return ""
}

// newline ends an expression at the top and in braces. In parentheses and in
// square brackets it is a blank.
func (n *nesting) newline() {
	if len(n.open) == 0 || n.open[len(n.open)-1] == hclsyntax.TokenOBrace {
		n.operators = 0
	}
}

// hugeExponent tells whether a number has an exponent of more than three
// digits.
func hugeExponent(number []byte) bool {
	i := bytes.IndexAny(number, "eE")
	return i >= 0 && len(bytes.Trim(number[i+1:], "+-")) > 3
}

// checkJSON looks through JSON text, which need not be valid.
func checkJSON(text []byte, name string) *hcl.Diagnostic {
	open := 0
	for i := 0; i < len(text); i++ {
		reason, from := "", i
		switch c := text[i]; {
		case c == '{' || c == '[':
			if open++; open > maxNesting {
				reason = tooDeep
			}
		case c == '}' || c == ']':
			open--
		case c == '"':
			i = endOfString(text, i)
			reason = checkTemplate(text[from:min(i+1, len(text))])
		case c >= '0' && c <= '9':
			i = endOfNumber(text, i)
			if n := text[from : i+1]; len(n) > maxNumber || hugeExponent(n) {
				reason = tooLong
			}
		}
		if reason != "" {
			return wrong(rangeAt(text, name, from), "Expression too complex", "%s", reason)
		}
	}
	return nil
}

// checkTemplate looks through the template that a JSON string may be: even a
// short one can nest deeper than the stack.
func checkTemplate(quoted []byte) (reason string) {
	if !bytes.Contains(quoted, []byte("${")) && !bytes.Contains(quoted, []byte("%{")) && !bytes.ContainsRune(quoted, '\\') {
		return ""
	}
	var template string
	if err := json.Unmarshal(quoted, &template); err != nil {
		return "" // the parser says so too, and goes no further
	}
	tokens, _ := hclsyntax.LexTemplate([]byte(template), "", hcl.InitialPos)
	if d := checkNative(tokens); d != nil {
		return d.Detail
	}
	return ""
}

// endOfString is the index of the quote that ends a string, or of the end.
func endOfString(text []byte, start int) int {
	for i := start + 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i
		}
	}
	return len(text)
}

// endOfNumber is the index of the last byte of a number.
func endOfNumber(text []byte, start int) int {
	rest := text[start:]
	if n := len(rest) - len(bytes.TrimLeft(rest, "0123456789.eE+-")); n > 0 {
		return start + n - 1
	}
	return start
}

// rangeAt is the range of one byte.
func rangeAt(text []byte, name string, at int) hcl.Range {
	line := bytes.LastIndexByte(text[:at], '\n') + 1
	start := hcl.Pos{Line: 1 + bytes.Count(text[:at], []byte("\n")), Column: 1 + len(bytes.Runes(text[line:at])), Byte: at}
	end := start
	end.Column++
	end.Byte++
	return hcl.Range{Filename: name, Start: start, End: end}
}
