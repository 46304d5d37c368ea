package host

import (
	"fmt"

	"butlerd/host/store"
)

// Summary says in a few lines what the host runs.
func (h *Host) Summary() []string {
	var lines []string
	for _, p := range h.current().plugins.list {
		s, d := p.plugin.Status(), p.plugin.Description()
		line := fmt.Sprintf("plugin         %s %s", s.Name, d.Version)
		if s.PID != 0 {
			line += fmt.Sprintf(", process %d", s.PID)
		}
		lines = append(lines, line)
	}
	var files, made int
	for _, s := range h.registry.List() {
		if s.Source == store.SourceFile {
			files++
		} else {
			made++
		}
	}
	return append(lines, fmt.Sprintf("schedules      %d from files, %d made over the API", files, made))
}
