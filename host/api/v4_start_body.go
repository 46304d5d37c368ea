package api

import (
	"encoding/json"
	"fmt"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"

	"butlerd/host/taskfilter"
)

// The types of what a body of a start may ask for.
const (
	startByID       = "starttaskid"
	startByTag      = "starttasktag"
	startByProperty = "starttaskcustomproperty"
	keepPair        = "keyvaluestore"
)

// maxAskedFor is how many things one body may ask for.
const maxAskedFor = 500

// startBody is what the body of a start asks for, in its order.
type startBody struct {
	ids        []*string // nil where a payload has none
	tags       []string
	properties []taskfilter.Property
	pairs      []pair
}

// noTask is what callers put in the path who name all tasks in the body.
const noTask = "-"

// startBodyOf reads what a request asks to be started: the task in the path, unless
// it is noTask, and what the body names.
func startBodyOf(c *fiber.Ctx) (startBody, error) {
	var b startBody
	path, err := pathText(c, "taskId")
	if err != nil {
		return b, err
	}
	if path != noTask {
		b.ids = append(b.ids, &path)
	}
	body, err := v4Body(c)
	if err != nil {
		return b, err
	}
	items, err := startItems(body)
	if err != nil {
		return b, err
	}
	for i, item := range items {
		if err := b.add(item, fmt.Sprintf("body/%d", i)); err != nil {
			return b, err
		}
	}
	return b, nil
}

// startItems are the elements of the body. Butler makes a list of one of what is
// none, and then finds that its element is no object.
func startItems(body []byte) ([]json.RawMessage, error) {
	switch {
	case len(body) > 0 && firstByte(body) == '{':
		return nil, validationFault("body must be array")
	case len(body) == 0 || firstByte(body) != '[':
		return nil, validationFault("body/0 must be object")
	}
	return elements(body, "body", maxAskedFor)
}

// firstByte is the first one of JSON that is no blank.
func firstByte(body []byte) byte {
	for _, c := range body {
		if c != ' ' && c != '\t' && c != '\r' && c != '\n' {
			return c
		}
	}
	return 0
}

// add reads one element.
func (b *startBody) add(item json.RawMessage, at string) error {
	m, err := object(item, at)
	if err != nil {
		return err
	}
	typ, err := m.textAt("type", at)
	if err != nil {
		return err
	}
	if typ == nil {
		return validationFault(at + " must have required property 'type'")
	}
	value, there := m["payload"]
	if !there {
		return validationFault(at + " must have required property 'payload'")
	}
	payload, err := object(value, at+"/payload")
	if err != nil {
		return err
	}
	return b.addPayload(*typ, payload, at)
}

func (b *startBody) addPayload(typ string, payload members, at string) error {
	inside := at + "/payload"
	switch typ {
	case startByID:
		id, err := payload.textAt("taskId", inside)
		b.ids = append(b.ids, id)
		return err
	case startByTag:
		tag, err := payload.textAt("tag", inside)
		if tag != nil && *tag != "" { // no task has a tag without a name
			b.tags = append(b.tags, *tag)
		}
		return err
	case startByProperty:
		name, err := payload.textAt("customPropertyName", inside)
		if err != nil {
			return err
		}
		value, err := payload.textAt("customPropertyValue", inside)
		if name != nil && *name != "" && value != nil {
			b.properties = append(b.properties, taskfilter.Property{Name: *name, Value: *value})
		}
		return err
	case keepPair:
		return b.addPair(payload, inside)
	}
	return validationFault(at + "/type must be equal to one of the allowed values")
}

// addPair reads a value to be kept. A time to live that is an empty text is none
// here, as load scripts send it.
func (b *startBody) addPair(payload members, at string) error {
	namespace, err := payload.textAt("namespace", at)
	if err != nil {
		return err
	}
	if namespace == nil {
		return validationFault(at + " must have required property 'namespace'")
	}
	if utf8.RuneCountInString(*namespace) > maxPathText { // in no path could it be named again
		return validationFault(fmt.Sprintf("%s/namespace must NOT have more than %d characters", at, maxPathText))
	}
	if err := checkKey(at+"/namespace", *namespace); err != nil {
		return err
	}
	if string(payload["ttl"]) == `""` {
		delete(payload, "ttl")
	}
	p, err := payload.pair(*namespace, at)
	b.pairs = append(b.pairs, p)
	return err
}

// object reads a value that must be an object.
func object(value json.RawMessage, at string) (members, error) {
	var m members
	if json.Unmarshal(value, &m) != nil || m == nil {
		return nil, validationFault(at + " must be object")
	}
	return m, nil
}

// textAt is a member as text; nil when it is not there.
func (m members) textAt(name, at string) (*string, error) {
	value, there := m[name]
	if !there {
		return nil, nil
	}
	s, err := freeText(value, at+"/"+name)
	return &s, err
}
