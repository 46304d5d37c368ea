package config

import "butlerd/host/schedule"

// Definitions are what the schedules declare that are free of errors, in the order
// they were read, without what their actions are: no plugin has been asked.
func (c *Config) Definitions() []schedule.Definition {
	var list []schedule.Definition
	for _, d := range c.drafts {
		if !d.broken {
			list = append(list, d.definition)
		}
	}
	return list
}
