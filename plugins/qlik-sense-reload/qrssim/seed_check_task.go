package qrssim

import (
	"slices"
	"time"
)

func (c *checker) task(t *SeedTask, place string) {
	if t.Name == "" {
		c.problem(place, "the name is missing")
	}
	c.text("the name", t.Name, maxTaskName, place)
	c.id(&t.ID, "task", t.Name, place)
	c.kind(t, place)
	c.execution(t, place)
	for _, tag := range t.Tags {
		if !c.names["tag/"+tag] {
			c.problem(place, "there is no tag %q", tag)
		}
	}
	for _, value := range t.CustomProperties {
		c.value(value, place)
	}
	for _, text := range []string{t.Error, t.Path, t.Parameters, t.UserDirectory} {
		c.text("a text", text, maxText, place)
	}
}

// kind checks the type of a task and what hangs on it.
func (c *checker) kind(t *SeedTask, place string) {
	if t.Type == "" {
		t.Type = "reload"
	}
	kind, ok := taskTypeNamed(t.Type)
	switch {
	case !ok:
		c.problem(place, "the type %q is none of %q", t.Type, seedTypes())
	case !kind.hasApp() && t.App != "":
		c.problem(place, "a task of type %s has no app", t.Type)
	case kind.hasApp() && t.App == "":
		c.problem(place, "the app is missing")
	case kind.hasApp() && !c.names["app/"+t.App]:
		c.problem(place, "there is no app %q", t.App)
	}
}

// execution checks how executions of a task go.
func (c *checker) execution(t *SeedTask, place string) {
	if t.TimeoutMinutes == 0 {
		t.TimeoutMinutes = defaultTimeout
	}
	if t.TimeoutMinutes < 1 || t.TimeoutMinutes > maxTimeout {
		c.problem(place, "timeoutMinutes is %d, not 1 to %d", t.TimeoutMinutes, maxTimeout)
	}
	if t.MaxRetries < 0 || t.MaxRetries > maxRetries {
		c.problem(place, "maxRetries is %d, not 0 to %d", t.MaxRetries, maxRetries)
	}
	if t.Failures < 0 {
		c.problem(place, "failures is %d, less than 0", t.Failures)
	}
	if t.ReloadTime < 0 || t.ReloadTime > maxReloadTime {
		c.problem(place, "reloadTime is %s, not 0s to %s", time.Duration(t.ReloadTime), time.Duration(maxReloadTime))
	}
	if t.Outcome == "" {
		t.Outcome = outcomeSuccess
	}
	if outcomes := []string{outcomeSuccess, outcomeFail, outcomeError}; !slices.Contains(outcomes, t.Outcome) {
		c.problem(place, "the outcome %q is none of %q", t.Outcome, outcomes)
	}
}

func (c *checker) value(v SeedValue, place string) {
	choices, ok := c.choices[v.Name]
	if !ok {
		c.problem(place, "there is no custom property %q", v.Name)
		return
	}
	c.text("the value of "+v.Name, v.Value, maxPropertyValue, place)
	if len(choices) > 0 && !slices.Contains(choices, v.Value) {
		c.problem(place, "%q is no choice of custom property %q", v.Value, v.Name)
	}
}
