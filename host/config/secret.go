package config

import (
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// secretMask stands where a secret was.
const secretMask = "(secret)"

// secretMark is the mark of secret values. cty carries it to all that is
// derived from them, and refuses to encode what bears it.
type secretMark struct{}

func secret(v cty.Value) cty.Value { return v.Mark(secretMark{}) }

// holdsSecret tells whether the value is secret or has a secret part.
func holdsSecret(v cty.Value) bool { return v.ContainsMarked() }

// secretName matches a quoted literal after a name that tells a secret. It is a
// net below the marks: a file with a syntax error is quoted before anything
// knows which of its attributes are secret.
var secretName = regexp.MustCompile(`(?i)((?:passw|passphrase|secret|token|api_?key|private_?key|credential)\w*"?\s*[=:]\s*)"[^"]*"?`)

// urlPassword matches the password of a URL, and wordPassword that of a database's
// key=value words and of a URL's parameters, both inside of text.
var (
	urlPassword  = regexp.MustCompile(`(\w+://[^\s/:@"]*:)[^\s"]*@`)
	wordPassword = regexp.MustCompile(`(?i)("[^"]*\bpassword\s*=\s*)(?:'[^']*'?|[^\s"'&]+)`)
)

func maskNamed(line []byte) []byte {
	line = secretName.ReplaceAll(line, []byte("${1}"+secretMask))
	line = urlPassword.ReplaceAll(line, []byte("${1}"+secretMask+"@"))
	return wordPassword.ReplaceAll(line, []byte("${1}"+secretMask))
}

// literal tells whether the source of an expression may itself hold a secret,
// as against only naming where one comes from. In JSON syntax a plain word looks
// like a reference, so there everything may.
func literal(e hcl.Expression) bool {
	if _, native := hcl.UnwrapExpression(e).(hclsyntax.Expression); !native {
		return true
	}
	if _, diags := hcl.AbsTraversalForExpr(e); !diags.HasErrors() {
		return false
	}
	call, diags := hcl.ExprCall(e)
	named := !diags.HasErrors() && (call.Name == "env" || call.Name == "file")
	return !named || len(call.Arguments) != 1
}

// secrets are the texts of secrets that were seen, so that a message of a
// plugin or a library that quotes one can be cleaned.
type secrets struct {
	mu    sync.Mutex
	texts []string
}

// Shorter texts stand in messages by chance, and only so many can be looked
// for.
const (
	minSecret  = 5
	maxSecrets = 1000
)

func (s *secrets) add(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(text) >= minSecret && len(s.texts) < maxSecrets && !slices.Contains(s.texts, text) {
		s.texts = append(s.texts, text)
	}
}

// addValue adds all texts in a value that is secret as a whole.
func (s *secrets) addValue(v cty.Value) {
	v, _ = v.UnmarkDeep()
	_ = cty.Walk(v, func(_ cty.Path, part cty.Value) (bool, error) {
		if part.Type() == cty.String && part.IsKnown() && !part.IsNull() {
			s.add(part.AsString())
		}
		return true, nil
	})
}

// addMarked adds all texts in the parts of a value that are secret.
func (s *secrets) addMarked(v cty.Value) {
	_ = cty.Walk(v, func(_ cty.Path, part cty.Value) (bool, error) {
		if part.IsMarked() {
			s.addValue(part)
		}
		return !part.IsMarked(), nil
	})
}

// redact masks the secrets in a message.
func (s *secrets) redact(message string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, text := range s.texts {
		message = strings.ReplaceAll(message, text, secretMask)
	}
	return message
}
