package qrssim

import (
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
)

// Limits of Qlik Sense, in characters where they are of texts, and of the
// simulator.
const (
	maxTaskName      = 500
	maxTagName       = 255
	maxAppName       = 255
	maxPropertyName  = 100
	maxPropertyValue = 1024
	maxText          = 4096
	maxRetries       = 20
	maxTimeout       = 1<<31 - 1
	maxRows          = 20_000
	maxReloadTime    = Duration(365 * 24 * time.Hour)

	defaultTimeout = 1440
)

// idSpace is where ids come from that a seed leaves out: equal names give equal
// ids on every start.
const idSpace = "butlerd/qrssim/"

func nameID(kind, name string) uuid.UUID {
	return uuid.NewSHA1(uuid.NameSpaceURL, []byte(idSpace+kind+"/"+name))
}

// complete fills in what a seed leaves out and reports all that is wrong in it.
func (s *Seed) complete() error {
	c := checker{ids: map[uuid.UUID]string{}, names: map[string]bool{}, choices: map[string][]string{}}
	c.rows("nodes", len(s.Nodes))
	c.rows("tags", len(s.Tags))
	c.rows("customProperties", len(s.CustomProperties))
	c.rows("apps", len(s.Apps))
	c.rows("tasks", len(s.Tasks))
	if len(c.problems) > 0 {
		return c.err()
	}
	for i := range s.Nodes {
		c.node(&s.Nodes[i], fmt.Sprintf("nodes[%d]", i))
	}
	for i, tag := range s.Tags {
		c.unique("tag", tag, maxTagName, fmt.Sprintf("tags[%d]", i))
	}
	for i := range s.CustomProperties {
		c.property(&s.CustomProperties[i], fmt.Sprintf("customProperties[%d]", i))
	}
	for i := range s.Apps {
		c.app(&s.Apps[i], fmt.Sprintf("apps[%d]", i))
	}
	for i := range s.Tasks {
		c.task(&s.Tasks[i], fmt.Sprintf("tasks[%d]", i))
	}
	return c.err()
}

// checker collects the problems of a seed.
type checker struct {
	ids      map[uuid.UUID]string // id to the place that has it
	names    map[string]bool      // kind and name of all that has a unique name
	choices  map[string][]string  // of the custom properties
	problems []error
}

func (c *checker) err() error { return errors.Join(c.problems...) }

func (c *checker) problem(place, format string, args ...any) {
	c.problems = append(c.problems, fmt.Errorf("%s: %s", place, fmt.Sprintf(format, args...)))
}

func (c *checker) rows(list string, n int) {
	if n > maxRows {
		c.problem(list, "%d rows, at most %d are allowed", n, maxRows)
	}
}

func (c *checker) text(what, text string, limit int, place string) {
	if !utf8.ValidString(text) || utf8.RuneCountInString(text) > limit {
		c.problem(place, "%s is longer than %d characters or no text", what, limit)
	}
}

// unique checks a name that no other row of its kind may have.
func (c *checker) unique(kind, name string, limit int, place string) {
	c.text("the name", name, limit, place)
	if name == "" {
		c.problem(place, "the name is missing")
	}
	if c.names[kind+"/"+name] {
		c.problem(place, "the name %q is that of another %s", name, kind)
	}
	c.names[kind+"/"+name] = true
}

func (c *checker) id(id *uuid.UUID, kind, name, place string) {
	if *id == uuid.Nil {
		*id = nameID(kind, name)
	}
	if other, ok := c.ids[*id]; ok {
		c.problem(place, "its id %s is that of %s (give one of them another)", *id, other)
		return
	}
	c.ids[*id] = place
}

func (c *checker) node(n *SeedNode, place string) {
	c.unique("node", n.Name, maxAppName, place)
	c.id(&n.ID, "node", n.Name, place)
}

func (c *checker) property(p *SeedProperty, place string) {
	c.unique("custom property", p.Name, maxPropertyName, place)
	c.rows(place+".choices", len(p.Choices))
	c.choices[p.Name] = p.Choices
	for _, choice := range p.Choices {
		c.text("a choice", choice, maxPropertyValue, place)
	}
}

func (c *checker) app(a *SeedApp, place string) {
	c.unique("app", a.Name, maxAppName, place)
	c.text("the stream", a.Stream, maxAppName, place)
	c.id(&a.ID, "app", a.Name, place)
}
