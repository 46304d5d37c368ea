package config

import "io"

// WriteText writes the diagnostics for people, with the lines of source. Details
// are wrapped at the width in characters; 0: they are not.
func (ds Diagnostics) WriteText(w io.Writer, color bool, width int) error { return nil }
