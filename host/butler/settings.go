package butler

import (
	"fmt"
	"strconv"
	"strings"
)

// Settings are Butler's settings, as far as they are read.
type Settings struct {
	root node
	file string
}

// ReadSettings reads Butler's settings file (production.yaml). The name of the file is
// for errors.
func ReadSettings(file string, text []byte) (*Settings, error) {
	root, err := parse(file, text)
	if err != nil {
		return nil, err
	}
	s := &Settings{file: file}
	top, err := root.pairs("the file")
	if err != nil {
		return nil, err
	}
	for _, p := range top {
		if p.key == "Butler" {
			s.root = p.value
		}
	}
	if !s.root.there() {
		return nil, fmt.Errorf("%s: there is no Butler in it, so it is not a settings file of Butler", file)
	}
	return s, s.check()
}

// at is the value at a path, a.b.c.
func (s *Settings) at(path string) (node, error) {
	n := s.root
	for i, key := range strings.Split(path, ".") {
		members, err := n.pairs("what holds " + strings.Join(strings.Split(path, ".")[i:], "."))
		if err != nil {
			return node{}, err
		}
		n = node{}
		for _, m := range members {
			if m.key == key {
				n = m.value
			}
		}
		if !n.there() {
			return node{file: s.file}, nil
		}
	}
	return n, nil
}

// reading reads values one after another, and keeps the first error.
type reading struct {
	*Settings
	err error
}

func (r *reading) node(path string) node {
	n, err := r.at(path)
	r.keep(err)
	return n
}

func (r *reading) keep(err error) {
	if r.err == nil {
		r.err = err
	}
}

// text is the text at a path; empty when there is none.
func (r *reading) text(path string) string {
	text, err := r.node(path).text(path)
	r.keep(err)
	return text
}

// flag is whether a path is true; the fallback where nothing is said.
func (r *reading) flag(path string, fallback bool) bool {
	return r.truth(r.node(path), path, fallback)
}

func (r *reading) truth(n node, what string, fallback bool) bool {
	text, err := n.text(what)
	r.keep(err)
	switch {
	case text == "":
		return fallback
	case text != "true" && text != "false":
		r.keep(n.wrong("%s must be true or false", what))
	}
	return text == "true"
}

// number is the whole number at a path; 0 where nothing is said.
func (r *reading) number(path string, most int) int {
	text := r.text(path)
	if text == "" {
		return 0
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 || n > most {
		r.keep(r.node(path).wrong("%s must be a whole number up to %d", path, most))
	}
	return n
}

func (r *reading) texts(path string) []string {
	list, err := textsOf(r.node(path), path)
	r.keep(err)
	return list
}

// twins are the two named members of each element of a list.
func (r *reading) twins(path, first, second string) [][2]string {
	items, err := r.node(path).items(path)
	r.keep(err)
	var list [][2]string
	for _, item := range items {
		members, err := item.pairs("an element of " + path)
		r.keep(err)
		var twin [2]string
		for _, m := range members {
			for i, name := range []string{first, second} {
				if m.key == name {
					twin[i], err = m.value.text(path + "." + name)
					r.keep(err)
				}
			}
		}
		list = append(list, twin)
	}
	return list
}
