package app

import (
	"strings"
	"unicode"
)

// Bounds of what an error quotes of a reload.
const (
	keptWords = 4   // texts
	maxWord   = 500 // characters of each
)

// words are the last that the engine said about a reload.
type words struct {
	last   []string // progress, oldest first
	errors []string // oldest first
}

// add keeps a line of progress and gives it as it is shown.
func (w *words) add(line string) string {
	text := tidy(line)
	w.last = keep(w.last, text)
	return text
}

// fail keeps an error of the script.
func (w *words) fail(text string) string {
	text = tidy(text)
	w.errors = keep(w.errors, text)
	return text
}

// reason is why a reload failed, as far as the engine said so. Engines tell errors
// apart from progress only when they are configured to, and then end the script
// differently, so without errors the last of the progress has to do: it says what
// happened and in which statement.
func (w *words) reason() string {
	for _, texts := range [][]string{w.errors, w.last} {
		if len(texts) > 0 {
			return strings.Join(texts, "; ")
		}
	}
	return "the engine does not say why; see the script log in Qlik Sense"
}

func keep(list []string, text string) []string {
	if text == "" {
		return list
	}
	list = append(list, text)
	return list[max(0, len(list)-keptWords):]
}

// tidy brings a text of the engine on one line, and cuts it.
func tidy(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, text)
	line := []rune(strings.TrimSpace(text))
	if len(line) > maxWord {
		return string(line[:maxWord]) + "…"
	}
	return string(line)
}
