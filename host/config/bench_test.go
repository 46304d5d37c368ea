package config

import (
	"fmt"
	"strings"
	"testing"
)

// BenchmarkLoad loads 1,000 schedules, written one by one and by a for_each.
func BenchmarkLoad(b *testing.B) {
	var blocks, elements strings.Builder
	for i := range 1000 {
		blocks.WriteString(strings.Replace(greeting(`text = "x"`), "nightly", fmt.Sprint("s", i), 1))
		fmt.Fprintf(&elements, "k%d = \"x\"\n", i)
	}
	for name, text := range map[string]string{
		"blocks":   blocks.String(),
		"for_each": strings.Replace(greeting("text = each.value"), "cron", "for_each = {\n"+elements.String()+"}\n  cron", 1),
	} {
		b.Run(name, func(b *testing.B) {
			dir := write(b, map[string]string{"config.hcl": text})
			for b.Loop() {
				c, diags := Load(Options{Paths: []string{dir}})
				list, found := c.Schedules(testActions())
				if len(list) != 1000 {
					b.Fatal(diags.Err(), found.Err())
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/1000, "µs/schedule")
		})
	}
}
